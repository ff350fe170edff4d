namespace Experiments.Reports;

/// <summary>What the methods of a block are compared on, in words.</summary>
internal static class BlockText
{
    /// <summary><c>lesions quickstart on sam-tiny</c>; of programs, which have neither size nor base, <c>command</c>.</summary>
    public static string Of(string task, string size, string baseModel) => baseModel.Length > 0 ? $"{task} {size} on {baseModel}" : task;
}

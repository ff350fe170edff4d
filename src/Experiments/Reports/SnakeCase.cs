using System.Text.Json;

namespace Experiments.Reports;

/// <summary>Names of enum values as files, JSON and the command line spell them.</summary>
public static class SnakeCase
{
    /// <summary><c>not_distinguishable</c> of <c>NotDistinguishable</c>.</summary>
    public static string Of<T>(T value) where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}

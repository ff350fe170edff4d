namespace EndToEnd.Tests;

/// <summary>Prepared data and bases, taken over from one data folder into another as their keys allow.</summary>
internal static class SharedCache
{
    public static void Copy(string from, string to)
    {
        var source = Path.Combine(from, "cache");
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, "cache", Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}

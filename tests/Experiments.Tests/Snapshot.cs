using System.Runtime.CompilerServices;
using Xunit;

namespace Experiments.Tests;

/// <summary>Holds a text against a file beside the test. With UPDATE_SNAPSHOTS=1 the file is written instead, to be read and
/// committed by a person.</summary>
internal static class Snapshot
{
    public static void Matches(string actual, string name, string folder = "Snapshots", [CallerFilePath] string test = "")
    {
        var path = Path.Combine(Path.GetDirectoryName(test)!, folder, name + ".txt");
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
        }

        Assert.Equal(File.ReadAllText(path), actual, ignoreLineEndingDifferences: true);
    }
}

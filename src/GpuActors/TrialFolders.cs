using Experiments.Trials;

namespace GpuActors;

/// <summary>
/// Where the files of trials lie beneath the data folder: <c>sweeps/NAME/trials/t12/a2/</c> for the second attempt, with its
/// <c>checkpoints/</c> and, of the attempt that finished, its <c>adapter/</c>. An attempt writes into its own folder alone,
/// so that one which was fenced cannot touch what a newer one writes.
/// </summary>
internal static class TrialFolders
{
    /// <summary>The folder of an attempt, relative to the data folder.</summary>
    public static string Of(string sweep, AttemptId attempt) => $"{Of(sweep, attempt.Trial)}/a{attempt.Number}";

    /// <summary>The folders of checkpoints of all attempts of a trial.</summary>
    public static IEnumerable<string> Checkpoints(string dataFolder, string sweep, TrialId trial)
    {
        var folder = new DirectoryInfo(Path.Combine(dataFolder, Of(sweep, trial)));
        return folder.Exists
            ? folder.GetDirectories("a*").SelectMany(attempt => attempt.GetDirectories("checkpoints")).Select(found => found.FullName)
            : [];
    }

    private static string Of(string sweep, TrialId trial) => $"sweeps/{sweep}/trials/{trial}";
}

using System.Globalization;
using Experiments.Trials;

namespace GpuActors;

/// <summary>
/// Where the files of trials lie beneath the data folder: <c>sweeps/NAME/trials/t12/a2/</c> for the second attempt, with its
/// <c>checkpoints/</c> and, of the attempt that finished, its <c>adapter/</c>. An attempt writes into its own folder alone,
/// so that one which was fenced cannot touch what a newer one writes. Programs share <c>t12/checkpoints/</c>.
/// </summary>
internal static class TrialFolders
{
    /// <summary>The folder of an attempt, relative to the data folder.</summary>
    public static string Of(string sweep, AttemptId attempt) => $"{Of(sweep, attempt.Trial)}/a{attempt.Number}";

    /// <summary>The folder of checkpoints that all attempts of a program's trial share, relative to the data folder: only the
    /// program knows which of them is whole.</summary>
    public static string SharedCheckpoints(string sweep, TrialId trial) => $"{Of(sweep, trial)}/checkpoints";

    /// <summary>The folder of a checkpoint that stays as it is, relative to the data folder.</summary>
    public static string Checkpoint(string sweep, AttemptId attempt, int step) =>
        string.Create(CultureInfo.InvariantCulture, $"{Of(sweep, attempt)}/checkpoints/s{step}");

    /// <summary>The folders of checkpoints of a trial: of each attempt, and what they share.</summary>
    public static IEnumerable<string> Checkpoints(string dataFolder, string sweep, TrialId trial)
    {
        var folder = new DirectoryInfo(Path.Combine(dataFolder, Of(sweep, trial)));
        return folder.Exists
            ? folder.GetDirectories("a*").Append(folder)
                .SelectMany(holder => holder.GetDirectories("checkpoints"))
                .Select(found => found.FullName)
            : [];
    }

    private static string Of(string sweep, TrialId trial) => $"sweeps/{sweep}/trials/{trial}";
}

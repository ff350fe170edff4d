using System.CommandLine;
using System.Globalization;
using Experiments.Storage;

namespace Orchestrator.Commands;

/// <summary>The trial that a reading command is about.</summary>
internal static class TrialArgument
{
    /// <summary>A required argument.</summary>
    public static Argument<string> Create() => new("trial") { Description = "The trial, for example t12." };

    /// <summary>The trial that was named.</summary>
    /// <exception cref="NoSuchThingException">When there is none.</exception>
    public static TrialRow Find(string sweep, IReadOnlyList<TrialRow> trials, string given)
    {
        if (int.TryParse(given.TrimStart('t'), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && trials.FirstOrDefault(trial => trial.Trial.Number == number) is { } row)
        {
            return row;
        }

        var there = trials.Count == 0 ? "none yet" : $"{trials[0].Trial} to {trials[^1].Trial}";
        throw new NoSuchThingException($"Sweep '{sweep}' has no trial '{given}'; it has {there}.");
    }
}

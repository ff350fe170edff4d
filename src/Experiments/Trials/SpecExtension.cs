using Experiments.Sweeps;

namespace Experiments.Trials;

/// <summary>A sweep may be continued with more trials and seeds, other limits, devices, retries and ways to compare; all else
/// would make its trials incomparable.</summary>
internal static class SpecExtension
{
    /// <exception cref="SpecException">When the sweep cannot go on under that specification, with every reason.</exception>
    public static void Check(SweepSpec recorded, SweepSpec wanted)
    {
        var problems = new List<string>();
        Same("name", recorded.Name, wanted.Name);
        Same("seed", recorded.Seed, wanted.Seed);
        Same("sampler", recorded.Sampler, wanted.Sampler);
        Same("scheduler", recorded.Scheduler, wanted.Scheduler);
        Same("number of tasks", recorded.Tasks.Count, wanted.Tasks.Count);
        foreach (var (before, now) in recorded.Tasks.Zip(wanted.Tasks))
            problems.AddRange(Differences(before, now));
        foreach (var dropped in recorded.Seeds.Except(wanted.Seeds))
            problems.Add($"seeds: {dropped} is missing; the sweep has trials with it.");
        if (wanted.Trials < recorded.Trials)
            problems.Add($"trials: {wanted.Trials} is less than the {recorded.Trials} that the sweep has.");
        if (problems.Count > 0)
            throw new SpecException([$"sweep '{recorded.Name}' was begun with another specification.", .. problems]);

        void Same<T>(string field, T before, T now)
        {
            if (!EqualityComparer<T>.Default.Equals(before, now))
                problems.Add($"{field}: {now} differs from {before}, with which the sweep began.");
        }
    }

    private static IEnumerable<string> Differences(TaskBlock before, TaskBlock now)
    {
        if (before with { Methods = now.Methods } != now)
        {
            yield return $"task '{now.Task}' ({now.Size}, base {now.Base}, metric {now.Metric}) differs from "
                + $"'{before.Task}' ({before.Size}, base {before.Base}, metric {before.Metric}), with which the sweep began.";
        }

        foreach (var entry in before.Methods.Where(entry => !now.Methods.Contains(entry)))
            yield return $"method '{entry.Name}' of task '{before.Task}' is changed or gone.";
        foreach (var entry in now.Methods.Where(entry => before.Methods.All(other => other.Name != entry.Name)))
            yield return $"method '{entry.Name}' of task '{now.Task}' is new.";
        if (before.Methods != now.Methods && before.Methods.ToHashSet().SetEquals(now.Methods))
            yield return $"methods of task '{now.Task}' are in another order.";
    }
}

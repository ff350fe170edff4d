using Experiments.Schedulers;
using Experiments.Trials;

namespace Experiments.Sweeps;

/// <summary>Whether a scheduler that compares trials on their way gets to compare any.</summary>
internal static class MidwayComparison
{
    private const int Draws = 32; // one ladder of several may have no rung

    /// <summary>Options that say from which step on a scheduler compares.</summary>
    private static readonly string[] _starts = ["interval", "min_steps"];

    /// <summary>The option that says from which step on trials are compared, where it is given.</summary>
    public static (string Name, long Value)? StartOf(SchedulerSpec scheduler)
    {
        foreach (var name in _starts)
        {
            if (scheduler.Options.Values.GetValueOrDefault(name) is ParameterValue.Integer { Value: > 0 and var value })
                return (name, value);
        }

        return null;
    }

    /// <summary>Whether trials of so many steps are compared before their end.</summary>
    public static bool Happens(SchedulerSpec spec, long steps)
    {
        var (scheduler, from) = (SchedulerCatalogue.Create(spec), StartOf(spec)?.Value ?? 0);
        for (var number = 0; number < Draws; number++)
        {
            var trial = new ScheduledTrial(new TrialId(number), Group: 0, (int)Math.Clamp(steps, 1, int.MaxValue));
            scheduler.Add(trial);
            if (scheduler.RungsOf(trial.Id).Any(rung => rung >= from))
                return true;
        }

        return false;
    }
}

using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Trials;

namespace GpuActors.Coordination;

/// <summary>Knows which attempts have used up the time of their trial. The time of a trial is that of all its attempts.</summary>
internal sealed class TimeLimits
{
    private readonly Dictionary<TrialId, TimeSpan> _spent = [];
    private readonly Dictionary<AttemptId, DateTimeOffset> _running = [];

    /// <summary>Takes in what was recorded, of earlier runs too.</summary>
    public void Apply(RecordedEvent recorded)
    {
        switch (recorded.Event)
        {
            case SweepEvent.AttemptStarted started:
                _running[started.Attempt] = recorded.Time;
                break;
            case SweepEvent.AttemptEnded ended when _running.Remove(ended.Attempt, out var began):
                _spent[ended.Attempt.Trial] = _spent.GetValueOrDefault(ended.Attempt.Trial) + (recorded.Time - began);
                break;
            case SweepEvent.TrialEnded ended:
                _spent.Remove(ended.Trial);
                break;
        }
    }

    /// <summary>Running attempts that are past the limit of a trial.</summary>
    public IReadOnlyList<AttemptId> Overdue(DateTimeOffset now, Limits limits) => limits.Trial is { } limit
        ? [.. _running.Where(pair => _spent.GetValueOrDefault(pair.Key.Trial) + (now - pair.Value) > limit).Select(pair => pair.Key)]
        : [];
}

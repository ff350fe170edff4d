using Experiments.Trials;

namespace Experiments.Storage;

/// <summary>
/// Time that the attempts of a sweep have had devices for, in all its runs: what an attempt says that it took or, of one that does
/// not say, the time from its lease until it was ended. A lost one counts until its last sign of life, its last recorded report.
/// </summary>
public sealed class DeviceTime
{
    private readonly Dictionary<AttemptId, (DateTimeOffset Leased, DateTimeOffset Seen)> _open = [];
    private readonly Dictionary<TrialId, TimeSpan> _earlier = []; // of live trials

    /// <summary>Time of attempts that are over.</summary>
    public TimeSpan Over { get; private set; }

    /// <summary>Attempts that are not over.</summary>
    public IReadOnlyCollection<AttemptId> Open => _open.Keys;

    /// <summary>Takes in what was recorded, in order and of earlier runs too.</summary>
    public void Apply(RecordedEvent recorded)
    {
        switch (recorded.Event)
        {
            case SweepEvent.TrialLeased leased:
                _open[leased.Attempt] = (recorded.Time, recorded.Time);
                break;
            case SweepEvent.AttemptStarted started:
                See(started.Attempt, recorded.Time);
                break;
            case SweepEvent.MetricReported metric:
                See(metric.Attempt, recorded.Time);
                break;
            case SweepEvent.CheckpointSaved saved:
                See(saved.Attempt, recorded.Time);
                break;
            case SweepEvent.AttemptEnded ended when _open.Remove(ended.Attempt, out var open):
                var took = Of(ended, open.Leased, open.Seen, recorded.Time);
                Over += took;
                _earlier[ended.Attempt.Trial] = _earlier.GetValueOrDefault(ended.Attempt.Trial) + took;
                break;
            case SweepEvent.TrialEnded ended:
                _earlier.Remove(ended.Trial);
                break;
        }
    }

    /// <summary>Time of all attempts so far.</summary>
    /// <param name="now">The time until which attempts count that a worker has in hand.</param>
    /// <param name="inHand">These attempts. Others, which nobody has claimed since a restart, count until their last sign of life.</param>
    public TimeSpan Total(DateTimeOffset now, IReadOnlySet<AttemptId> inHand) => _open.Aggregate(
        Over, (sum, open) => sum + ((inHand.Contains(open.Key) ? now : open.Value.Seen) - open.Value.Leased));

    /// <summary>Time of the trial of an attempt that is not over, its earlier attempts included.</summary>
    public TimeSpan OfTrial(AttemptId open, DateTimeOffset now) =>
        _earlier.GetValueOrDefault(open.Trial) + (now - _open[open].Leased);

    /// <summary>How long an attempt had its device.</summary>
    /// <param name="ended">Its end.</param>
    /// <param name="leased">When it was leased.</param>
    /// <param name="seen">When its last report was recorded.</param>
    /// <param name="recorded">When its end was.</param>
    internal static TimeSpan Of(SweepEvent.AttemptEnded ended, DateTimeOffset leased, DateTimeOffset seen, DateTimeOffset recorded) =>
        ended.Elapsed > TimeSpan.Zero ? ended.Elapsed
        : ended.Outcome is AttemptOutcome.Failed { Cause: FailureCause.Lost } ? seen - leased
        : recorded - leased;

    private void See(AttemptId attempt, DateTimeOffset time)
    {
        if (_open.TryGetValue(attempt, out var open))
            _open[attempt] = open with { Seen = time };
    }
}

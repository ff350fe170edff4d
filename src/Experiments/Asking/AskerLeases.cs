using Experiments.Storage;
using Experiments.Trials;

namespace Experiments.Asking;

/// <summary>
/// Until when askers hold their trials. It is computed from what is recorded, for no process need be there between two words of
/// an asker: a lease begins when it is given, and anew with each report.
/// </summary>
public sealed class AskerLeases
{
    private readonly Dictionary<AttemptId, Term> _open = [];

    /// <summary>Takes in what was recorded, of earlier runs too.</summary>
    public void Apply(RecordedEvent recorded)
    {
        switch (recorded.Event)
        {
            case SweepEvent.TrialLeased { Lease: { } length } leased:
                _open[leased.Attempt] = new Term(leased.Worker, length, recorded.Time, recorded.Time + length);
                break;
            case SweepEvent.AttemptStarted started: Renew(started.Attempt, recorded.Time); break;
            case SweepEvent.MetricReported metric: Renew(metric.Attempt, recorded.Time); break;
            case SweepEvent.CheckpointSaved saved: Renew(saved.Attempt, recorded.Time); break;
            case SweepEvent.AttemptEnded ended: _open.Remove(ended.Attempt); break;
        }
    }

    /// <summary>Askers whose lease has run out, with its length.</summary>
    public IReadOnlyList<(string Worker, TimeSpan Length)> Expired(DateTimeOffset now) =>
        [.. _open.Values.Where(term => term.Until < now).Select(term => (term.Worker, term.Length))];

    /// <summary>When an attempt was leased; null where nobody holds it.</summary>
    public DateTimeOffset? Since(AttemptId attempt) => _open.TryGetValue(attempt, out var term) ? term.Since : null;

    private void Renew(AttemptId attempt, DateTimeOffset now)
    {
        if (_open.TryGetValue(attempt, out var term))
            _open[attempt] = term with { Until = now + term.Length };
    }

    private readonly record struct Term(string Worker, TimeSpan Length, DateTimeOffset Since, DateTimeOffset Until);
}

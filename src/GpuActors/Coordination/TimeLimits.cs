using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Trials;

namespace GpuActors.Coordination;

/// <summary>Knows which attempts have used up the time of their trial, and whether the sweep has used up its own.</summary>
internal sealed class TimeLimits
{
    private static readonly HashSet<AttemptId> _none = [];

    private readonly DeviceTime _devices = new();

    /// <summary>Takes in what was recorded, of earlier runs too.</summary>
    public void Apply(RecordedEvent recorded) => _devices.Apply(recorded);

    /// <summary>Attempts in hand that are past the limit of a trial. The time of a trial is that of all its attempts.</summary>
    /// <param name="now">The time.</param>
    /// <param name="limits">The limits.</param>
    /// <param name="inHand">Attempts that workers have in hand; those that nobody has claimed since a restart are not among them.</param>
    public IReadOnlyList<AttemptId> Overdue(DateTimeOffset now, Limits limits, IReadOnlySet<AttemptId> inHand) =>
        limits.Trial is { } limit
            ? [.. _devices.Open.Where(attempt => inHand.Contains(attempt) && _devices.OfTrial(attempt, now) > limit)]
            : [];

    /// <summary>The limit of the sweep that is reached; null for none.</summary>
    /// <param name="now">The time.</param>
    /// <param name="run">How long this run has lasted.</param>
    /// <param name="limits">The limits.</param>
    /// <param name="inHand">As above; null where no worker is there yet.</param>
    public LimitReached? Reached(DateTimeOffset now, TimeSpan run, Limits limits, IReadOnlySet<AttemptId>? inHand = null) =>
        LimitReached.Of(limits, run, limits.Budget is null ? TimeSpan.Zero : _devices.Total(now, inHand ?? _none));
}

using Experiments.Sweeps;

namespace Experiments.Trials;

/// <summary>Why a trial is there, and how far it was let: what its sampler had seen, and how it stood at each rung.</summary>
/// <param name="Trial">The trial.</param>
/// <param name="Work">What it does.</param>
/// <param name="Sampler">Registered name of what drew its configuration.</param>
/// <param name="Scheduler">Registered name of what decided how far it goes.</param>
/// <param name="Known">Configurations of its entry that had a value when it was drawn.</param>
/// <param name="Open">Those that had none yet.</param>
/// <param name="Failed">Those that had failed.</param>
/// <param name="Best">Index of the best of those with a value; null where there was none.</param>
/// <param name="BestValue">Its value as the sampler saw it, in the sign in which the metric is reported.</param>
/// <param name="Measurements">Where it was measured, in order.</param>
/// <param name="Segments">The parts of its training, where it took others' over; else none.</param>
/// <param name="Schedule">The values that led to what it has trained in the end, from the first step on, whoever trained it; of a
/// trial that took nothing over, none.</param>
/// <param name="Earlier">What its sampler knew besides of earlier sweeps.</param>
/// <param name="IsGiven">Whether its entry starts with its configuration; the sampler drew what that leaves open, if anything.</param>
/// <param name="ComesOutAgain">Whether the sampler, asked the same now, draws the same.</param>
public sealed record TrialOrigin(
    TrialId Trial,
    TrialWork.Train Work,
    string Sampler,
    string Scheduler,
    int Known,
    int Open,
    int Failed,
    int? Best,
    double? BestValue,
    EquatableArray<RungMeasurement> Measurements,
    EquatableArray<TrialSegment> Segments,
    EquatableArray<ScheduledValues> Schedule,
    EquatableArray<ImportedHistory> Earlier,
    bool IsGiven,
    bool ComesOutAgain)
{
    /// <summary>Goes through the events of a sweep up to its present state.</summary>
    /// <param name="spec">Its specification.</param>
    /// <param name="catalogue">What its trials needed to be prepared.</param>
    /// <param name="events">All its events, in order.</param>
    /// <param name="id">The trial.</param>
    /// <returns>Null where there is no such trial, or it trains nothing.</returns>
    public static TrialOrigin? Of(SweepSpec spec, ICatalogue catalogue, IEnumerable<SweepEvent> events, TrialId id)
    {
        var state = new SweepLedger(spec, catalogue).State;
        var rungs = new Dictionary<(int Block, string Entry, int Step), List<double>>();
        var measured = new List<RungMeasurement>();
        var schedules = new Dictionary<TrialId, EquatableArray<ScheduledValues>>();
        TrialOrigin? origin = null;
        SweepEvent.HistoryImported? imported = null;
        foreach (var recorded in events)
        {
            switch (recorded)
            {
                case SweepEvent.TrialCreated { Work: TrialWork.Train train } created:
                    schedules[created.Trial] = [new(0, created.Trial, train.Configuration)];
                    if (created.Trial == id)
                        origin = Drawn(spec, state.Planner, created, train);
                    break;
                case SweepEvent.TrialExploited exploited:
                    var from = exploited.Checkpoint.Step;
                    schedules[exploited.Trial] =
                    [
                        .. schedules[exploited.Donor].Where(part => part.FromStep < from),
                        new(from, exploited.Trial, exploited.Configuration),
                    ];
                    if (exploited.Trial == id && state.Find(id) is { } trial)
                        origin = origin! with { Segments = TrialSegment.After(origin.Segments, trial.Step, trial.Work, exploited) };
                    break;
                case SweepEvent.HistoryImported earlier:
                    imported = earlier;
                    break;
                case SweepEvent.TrialPromoted promoted when promoted.Trial == id && measured.Count > 0:
                    measured[^1] = measured[^1] with { IsPromoted = true };
                    break;
                case SweepEvent.MetricReported metric when state.Find(metric.Attempt.Trial)?.Work is TrialWork.Train train
                    && state.Planner.ValueOf(train, metric.Values) is { } value:
                    var place = (train.Block, train.Entry, metric.Step);
                    if (!rungs.TryGetValue(place, out var values))
                        rungs[place] = values = [];
                    values.Add(value);
                    if (metric.Attempt.Trial == id)
                    {
                        var reported = spec.Tasks[train.Block].Maximize ? -value : value;
                        measured.Add(new(metric.Step, reported, 1 + values.Count(other => other < value), values.Count, IsPromoted: false));
                    }

                    break;
            }

            state.Apply(recorded);
        }

        return origin is null ? null : origin with
        {
            Measurements = [.. measured],
            Schedule = origin.Segments.Count == 0 ? [] : schedules[id],
            Earlier = [.. (imported?.Histories ?? []).Where(
                history => (history.Block, history.Entry) == (origin.Work.Block, origin.Work.Entry))],
        };
    }

    private static TrialOrigin Drawn(SweepSpec spec, TrialPlanner planner, SweepEvent.TrialCreated created, TrialWork.Train train)
    {
        var again = train.Equals(planner.Again(created.Trial, train)?.Work);
        var seen = planner.HistoryOf(train)
            .Where(observation => !observation.IsTakenOver && observation.Index != train.Index)
            .ToList();
        var known = seen.Where(observation => observation.Value is not null).ToList();
        var best = known.MinBy(observation => observation.Value);
        var sign = spec.Tasks[train.Block].Maximize ? -1 : 1;
        return new TrialOrigin(
            created.Trial, train, spec.Sampler.Type, spec.Scheduler.Type,
            known.Count,
            seen.Count(observation => observation is { Value: null, Failed: false }),
            seen.Count(observation => observation.Failed),
            best?.Index, sign * best?.Value, [], [], [], [],
            IsGiven: train.Index < spec.Tasks[train.Block].Methods.First(entry => entry.Name == train.Entry).StartWith.Count, again);
    }
}

/// <summary>How a trial stood where it was measured.</summary>
/// <param name="Step">The step.</param>
/// <param name="Value">The metric, as it is reported.</param>
/// <param name="Rank">Its place among those of its entry that were measured at that step by then, from 1.</param>
/// <param name="Of">How many those were.</param>
/// <param name="IsPromoted">Whether it rested there and was let go on.</param>
public sealed record RungMeasurement(int Step, double Value, int Rank, int Of, bool IsPromoted);

/// <summary>Values that a training had from a step on.</summary>
/// <param name="FromStep">The step.</param>
/// <param name="Trial">The trial that trained with them.</param>
/// <param name="Configuration">The values.</param>
public sealed record ScheduledValues(int FromStep, TrialId Trial, Configuration Configuration);

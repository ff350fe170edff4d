using Experiments.Sweeps;
using Experiments.Trials;
using LiteDB;

namespace Experiments.Storage;

/// <summary>What is computed from the events of one sweep as they are written: its row, the rows of its trials, their metrics.</summary>
internal sealed class Projections(LiteDatabase database, SweepRow sweep)
{
    private readonly Dictionary<TrialId, StoredTrial> _touched = [];
    private readonly Dictionary<TrialId, (long Number, List<MetricRow> Rows)> _metrics = [];
    private SweepSpec? _spec;

    /// <summary>The sweep's row, as far as events were taken in.</summary>
    public SweepRow Sweep { get; private set; } = sweep;

    public void Apply(RecordedEvent recorded)
    {
        Sweep = Sweep with { LastEvent = recorded.Number };
        switch (recorded.Event)
        {
            case SweepEvent.SweepStarted started:
                _spec = started.Spec;
                Sweep = Sweep with { Started = recorded.Time, State = SweepRow.Running };
                break;
            case SweepEvent.SpecExtended extended:
                _spec = extended.Spec;
                Sweep = Sweep with { State = Sweep.IsPaused ? SweepRow.Paused : SweepRow.Running };
                break;
            case SweepEvent.SweepPaused paused:
                Sweep = Sweep with
                {
                    State = SweepRow.Paused, IsPaused = true, PauseReason = paused.Reason, IsAtLimit = paused.AtLimit,
                };
                break;
            case SweepEvent.SweepResumed:
                Sweep = Sweep with
                {
                    State = Sweep.State == SweepRow.Paused ? SweepRow.Running : Sweep.State,
                    IsPaused = false, PauseReason = null, IsAtLimit = false,
                };
                Release();
                break;
            case SweepEvent.SweepEnded ended:
                Sweep = Sweep with { State = ended.Reason };
                break;
            case SweepEvent.TrialCreated created:
                Create(created);
                break;
            case SweepEvent.TrialLeased leased:
                Change(leased.Attempt.Trial, since: recorded.Time, change: trial => trial with
                {
                    State = TrialState.Assigned,
                    Attempt = leased.Attempt.Number,
                    Device = leased.Device,
                    Node = leased.Node,
                });
                break;
            case SweepEvent.TrialPromoted promoted:
                Change(promoted.Trial, trial => trial with { State = TrialState.Waiting, IsHeld = false });
                break;
            case SweepEvent.AttemptStarted started:
                See(started.Attempt.Trial, recorded.Time, trial => trial with { State = TrialState.Running, Step = started.FromStep });
                break;
            case SweepEvent.MetricReported metric:
                See(metric.Attempt.Trial, recorded.Time, trial => trial with { Step = metric.Step });
                Add(recorded.Number, metric);
                break;
            case SweepEvent.CheckpointSaved saved:
                See(saved.Attempt.Trial, recorded.Time, trial => trial);
                break;
            case SweepEvent.AttemptEnded ended:
                End(recorded.Time, ended);
                break;
            case SweepEvent.TrialEnded ended:
                Change(ended.Trial, trial => trial with { State = ended.State, Cause = ended.Cause, Message = FirstLine(ended.Message) });
                break;
        }
    }

    /// <summary>Writes what changed.</summary>
    public void Save()
    {
        if (_spec is not null)
            SpecTable.Write(database, Sweep.Id, _spec);
        TrialTable.Write(database, Sweep.Id, _touched.Values);
        foreach (var (trial, (number, rows)) in _metrics)
            MetricTable.Write(database, Sweep.Id, trial, number, rows);
        SweepTable.Write(database, Sweep);
    }

    private void Release()
    {
        if (!Sweep.Trials.ContainsKey(TrialState.Paused))
            return;

        var trials = TrialTable.Read(database, Sweep.Id).Concat(_touched.Values).Select(each => each.Row.Trial).ToHashSet();
        foreach (var id in trials.Where(id => Find(id).Row.State == TrialState.Paused))
            Change(id, trial => trial with { State = TrialState.Waiting });
    }

    private void Create(SweepEvent.TrialCreated created)
    {
        var row = new TrialRow
        {
            Trial = created.Trial,
            Work = created.Work,
            Needs = created.Needs,
            State = TrialState.Waiting,
            IsHeld = created.Held,
        };
        _touched[created.Trial] = new StoredTrial(row, Since: null);
        Count(TrialState.Waiting, 1);
    }

    private void End(DateTimeOffset time, SweepEvent.AttemptEnded ended)
    {
        var id = ended.Attempt.Trial;
        var (_, since, seen) = Find(id);
        var took = DeviceTime.Of(ended, since ?? time, seen ?? since ?? time, time);
        Change(id, since: null, change: trial => trial with
        {
            State = ended.Outcome switch
            {
                AttemptOutcome.Rested => TrialState.Resting,
                AttemptOutcome.Paused when Sweep.IsPaused => TrialState.Paused,
                _ => TrialState.Waiting, // the trial's own end, if it is one, is the next event
            },
            Result = (ended.Outcome as AttemptOutcome.Finished)?.Result,
            Elapsed = trial.Elapsed + took,
        });
    }

    private void Add(long number, SweepEvent.MetricReported metric)
    {
        if (metric.Values.IsEmpty)
            return;
        if (!_metrics.TryGetValue(metric.Attempt.Trial, out var added))
            _metrics[metric.Attempt.Trial] = added = (number, []);
        added.Rows.Add(new MetricRow(metric.Step, metric.Values));
    }

    private void Change(TrialId trial, Func<TrialRow, TrialRow> change) => Change(trial, Find(trial).Since, change);

    /// <summary>Its attempt has reported.</summary>
    private void See(TrialId trial, DateTimeOffset time, Func<TrialRow, TrialRow> change) =>
        Change(trial, Find(trial).Since, change, seen: time);

    private void Change(TrialId trial, DateTimeOffset? since, Func<TrialRow, TrialRow> change, DateTimeOffset? seen = null)
    {
        var before = Find(trial).Row;
        var after = change(before);
        _touched[trial] = new StoredTrial(after, since, seen);
        if (before.State == after.State)
            return;

        Count(before.State, -1);
        Count(after.State, 1);
    }

    private void Count(TrialState state, int change)
    {
        var count = Sweep.Trials.GetValueOrDefault(state) + change;
        Sweep = Sweep with { Trials = count == 0 ? Sweep.Trials.Remove(state) : Sweep.Trials.SetItem(state, count) };
    }

    private StoredTrial Find(TrialId trial)
    {
        if (!_touched.TryGetValue(trial, out var stored))
            _touched[trial] = stored = TrialTable.Find(database, Sweep.Id, trial);
        return stored;
    }

    private static string? FirstLine(string? message) => message?.Split('\n', 2)[0].TrimEnd();
}

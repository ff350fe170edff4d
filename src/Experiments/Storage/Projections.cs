using System.Collections.Immutable;
using Experiments.Sweeps;
using Experiments.Trials;
using LiteDB;

namespace Experiments.Storage;

/// <summary>
/// What is computed from the events of one sweep: its row, the rows of its trials, their metrics. Each event is taken in at
/// once, in memory; the tables are written once for many events, as most trials change several times within a second. The row
/// in its table says up to which event they were: what comes after it is taken in again when the store is opened.
/// </summary>
/// <param name="database">Where the tables are.</param>
/// <param name="stored">The sweep's row as its table has it, or a new one.</param>
internal sealed class Projections(LiteDatabase database, SweepRow stored)
{
    private const int ReadAhead = 64; // trials, as neighbours change together

    private readonly Dictionary<TrialId, StoredTrial> _touched = [];
    private readonly Dictionary<TrialId, StoredTrial> _read = [];
    private readonly Dictionary<TrialId, (long Number, List<MetricRow> Rows)> _metrics = [];
    private readonly SortedDictionary<TrialState, int> _counts = new(stored.Trials);
    private SweepRow _row = stored;
    private SweepSpec? _spec;
    private long _saved = stored.LastEvent;

    /// <summary>The sweep's number in this store.</summary>
    public int Id => _row.Id;

    /// <summary>The sweep's name.</summary>
    public string Name => _row.Name;

    /// <summary>Number of the last event that was taken in.</summary>
    public long LastEvent { get; set; } = stored.LastEvent;

    /// <summary>How many events the tables do not know.</summary>
    public long Unsaved => LastEvent - _saved;

    /// <summary>Whether the sweep has no row in its table yet.</summary>
    public bool IsNew => _saved == 0;

    /// <summary>The sweep's row.</summary>
    public SweepRow Sweep => _row with { LastEvent = LastEvent, Trials = _counts.ToImmutableSortedDictionary() };

    /// <summary>The specification that the sweep goes by; null where none could be read.</summary>
    public SweepSpec? Spec => _spec ?? SpecTable.Find(database, Id);

    /// <summary>The trials in order of number.</summary>
    public IEnumerable<TrialRow> Trials => TrialTable.Read(database, Id)
        .Where(trial => !_touched.ContainsKey(trial.Row.Trial))
        .Concat(_touched.Values)
        .Select(trial => trial.Row)
        .OrderBy(row => row.Trial);

    /// <summary>The values of a trial by step.</summary>
    public IReadOnlyList<MetricRow> Metrics(TrialId trial) =>
        MetricTable.Read(database, Id, trial, _metrics.TryGetValue(trial, out var unsaved) ? unsaved.Rows : []);

    public void Apply(RecordedEvent recorded)
    {
        LastEvent = recorded.Number;
        switch (recorded.Event)
        {
            case SweepEvent.SweepStarted started:
                _spec = started.Spec;
                _row = _row with { Started = recorded.Time, State = SweepRow.Running };
                break;
            case SweepEvent.SpecExtended extended:
                _spec = extended.Spec;
                _row = _row with { State = _row.IsPaused ? SweepRow.Paused : SweepRow.Running };
                break;
            case SweepEvent.SweepPaused paused:
                _row = _row with
                {
                    State = SweepRow.Paused, IsPaused = true, PauseReason = paused.Reason, IsAtLimit = paused.AtLimit,
                };
                break;
            case SweepEvent.SweepResumed:
                _row = _row with
                {
                    State = _row.State == SweepRow.Paused ? SweepRow.Running : _row.State,
                    IsPaused = false, PauseReason = null, IsAtLimit = false,
                };
                Release();
                break;
            case SweepEvent.SweepEnded ended:
                _row = _row with { State = ended.Reason };
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
            case SweepEvent.TrialExploited exploited:
                Change(exploited.Trial, trial => trial with
                {
                    Segments = TrialSegment.After(trial.Segments, trial.Step, trial.Work, exploited),
                    Work = (TrialWork.Train)trial.Work with { Configuration = exploited.Configuration },
                    Step = exploited.Checkpoint.Step,
                });
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

    /// <summary>Gives the sweep another name.</summary>
    public void Rename(string name) => _row = _row with { Name = name };

    /// <summary>Writes what changed.</summary>
    public void Save()
    {
        if (_spec is not null)
            SpecTable.Write(database, Id, _spec);
        TrialTable.Write(database, Id, _touched.Values);
        foreach (var (trial, (number, rows)) in _metrics)
            MetricTable.Write(database, Id, trial, number, rows);
        SweepTable.Write(database, Sweep);

        (_spec, _saved) = (null, LastEvent);
        _touched.Clear();
        _read.Clear();
        _metrics.Clear();
    }

    private void Release()
    {
        if (!_counts.ContainsKey(TrialState.Paused))
            return;

        foreach (var row in Trials.Where(row => row.State == TrialState.Paused).ToList())
            Change(row.Trial, trial => trial with { State = TrialState.Waiting });
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
                AttemptOutcome.Paused when _row.IsPaused => TrialState.Paused,
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
        var count = _counts.GetValueOrDefault(state) + change;
        if (count == 0)
            _counts.Remove(state);
        else
            _counts[state] = count;
    }

    private StoredTrial Find(TrialId trial)
    {
        if (_touched.TryGetValue(trial, out var found) || _read.TryGetValue(trial, out found))
            return found;

        foreach (var read in TrialTable.Read(database, Id, trial, ReadAhead))
            _read[read.Row.Trial] = read;
        return _read.TryGetValue(trial, out found)
            ? found
            : throw new ArgumentException($"{trial} was not created in this sweep.", nameof(trial));
    }

    private static string? FirstLine(string? message) => message?.Split('\n', 2)[0].TrimEnd();
}

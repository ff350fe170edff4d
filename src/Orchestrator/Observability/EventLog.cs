using System.Globalization;
using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Trials;
using GpuActors.Coordination;
using Serilog;
using Serilog.Events;
using Serilog.Parsing;

namespace Orchestrator.Observability;

/// <summary>
/// Writes each recorded event of a sweep as one structured log event, in the vocabulary of docs/events.md: a constant
/// <c>Event</c>, flat scalars, units in names, <c>Score</c> where more is better. It knows nothing that the events do not
/// say, so a sweep can be replayed into a log server that was set up later.
/// </summary>
internal sealed class EventLog(ILogger log)
{
    private static readonly TimeSpan MetricInterval = TimeSpan.FromSeconds(1);
    private static readonly MessageTemplateParser Parser = new();
    private readonly Dictionary<string, MessageTemplate> _templates = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SweepSpec> _specs = [];
    private readonly Dictionary<(string Sweep, TrialId Trial), TrialContext> _trials = [];
    private readonly Dictionary<string, DateTimeOffset> _idleSince = [];

    /// <summary>Takes in an event; with <paramref name="silent"/> only to know what later events refer to.</summary>
    public void Write(RecordedEvent recorded, bool silent = false)
    {
        if (Describe(recorded) is { } entry && !silent)
            Write(recorded.Sweep, entry, recorded.Time);
    }

    /// <summary>Takes in what the coordinator lets know besides; events of earlier runs were written by those.</summary>
    public void Write(string sweep, SweepNotice notice, DateTimeOffset now)
    {
        if (notice is SweepNotice.Recorded recorded)
            Write(recorded.Event, silent: !recorded.Live);
        else if (Describe(notice) is { } entry)
            Write(sweep, entry, now);
    }

    private void Write(string sweep, Entry entry, DateTimeOffset time)
    {
        var properties = entry.Properties
            .Where(property => property.Value is not null)
            .Select(property => new LogEventProperty(property.Name, new ScalarValue(property.Value)))
            .Prepend(new LogEventProperty("Sweep", new ScalarValue(sweep)))
            .Prepend(new LogEventProperty("Event", new ScalarValue(entry.Event)));
        if (!_templates.TryGetValue(entry.Template, out var template))
            _templates[entry.Template] = template = Parser.Parse(entry.Template);
        log.Write(new LogEvent(time, entry.Level, null, template, properties));
    }

    private static Entry? Describe(SweepNotice notice) => notice switch
    {
        SweepNotice.CoordinatorStarted started => new("CoordinatorStarted", LogEventLevel.Information, "Coordinator started, term {Term}",
            [("Term", started.Term), ("ReplayMs", Math.Round(started.Replay.TotalMilliseconds, 1))]),
        SweepNotice.WorkerJoined joined => new("WorkerJoined", LogEventLevel.Information, "{Worker} joined with {Device} of {Node}",
            [("Worker", joined.Worker.Id), ("Device", joined.Worker.Device), ("Node", joined.Worker.Node)]),
        SweepNotice.WorkerLeft left => new("WorkerLost", LogEventLevel.Warning, "{Worker} left: {Reason}",
            [("Worker", left.Worker.Id), ("Device", left.Worker.Device), ("Node", left.Worker.Node), ("Reason", left.Reason)]),
        SweepNotice.Committed committed => new("StoreCommit", LogEventLevel.Debug, "{Events} events committed",
            [("Events", committed.Events), ("Ms", Math.Round(committed.Elapsed.TotalMilliseconds, 1))]),
        SweepNotice.StoreTroubled { Reason: { } reason } => new("StoreTroubled", LogEventLevel.Fatal, "Nothing can be recorded: {Reason}",
            [("Reason", reason)]),
        _ => null,
    };

    private Entry? Describe(RecordedEvent recorded)
    {
        var (sweep, time) = (recorded.Sweep, recorded.Time);
        switch (recorded.Event)
        {
            case SweepEvent.SweepStarted started:
                _specs[sweep] = started.Spec;
                return new("SweepStarted", LogEventLevel.Information, "Sweep {Sweep} started",
                    [("Tasks", started.Spec.Tasks.Count), ("Seeds", started.Spec.Seeds.Count)]);
            case SweepEvent.HistoryImported imported:
                return new("HistoryImported", LogEventLevel.Information, "Sweep {Sweep} knows {Observations} configurations of {Sources}",
                    [
                        ("Observations", imported.Histories.Sum(history => history.Observations.Count)),
                        ("LeftOut", imported.Histories.Sum(history => history.LeftOut)),
                        ("Sources", string.Join(", ", imported.Histories.Select(history => history.Sweep).Distinct())),
                    ]);
            case SweepEvent.SpecExtended extended:
                _specs[sweep] = extended.Spec;
                return new("SweepExtended", LogEventLevel.Information, "Sweep {Sweep} goes on with more", []);
            case SweepEvent.SweepPaused paused:
                return new("SweepPaused", LogEventLevel.Information, "Sweep {Sweep} paused: {Reason}",
                    [("Reason", paused.Reason), ("AtLimit", paused.AtLimit ? true : null)]);
            case SweepEvent.SweepResumed:
                return new("SweepResumed", LogEventLevel.Information, "Sweep {Sweep} resumed", []);
            case SweepEvent.SweepEnded ended:
                return new("SweepEnded", LogEventLevel.Information, "Sweep {Sweep} ended: {Reason}", [("Reason", ended.Reason)]);
            case SweepEvent.TrialCreated created:
                var trial = _trials[(sweep, created.Trial)] = TrialContext.Of(_specs.GetValueOrDefault(sweep), created, time);
                return new("TrialCreated", LogEventLevel.Information, "{TrialName} created", trial.Properties(null));
            case SweepEvent.TrialLeased leased:
                return Leased(sweep, leased, time);
            case SweepEvent.TrialPromoted promoted:
                Context(sweep, promoted.Trial).WaitingSince = time;
                return new("TrialPromoted", LogEventLevel.Information, "{TrialName} is promoted",
                    Context(sweep, promoted.Trial).Properties(null));
            case SweepEvent.TrialExploited exploited:
                return new("TrialExploited", LogEventLevel.Information, "{TrialName} goes on from {DonorName} at step {FromStep}",
                [
                    .. Context(sweep, exploited.Trial).Properties(null),
                    ("Donor", exploited.Donor.Number), ("DonorName", exploited.Donor.ToString()),
                    ("FromStep", exploited.Checkpoint.Step), ("Values", exploited.Configuration.ToString()),
                ]);
            case SweepEvent.AttemptStarted started:
                return started.Warning is null
                    ? Of(sweep, started.Attempt, "AttemptStarted", LogEventLevel.Information, "{TrialName} started on {Device}",
                        ("ProcessId", started.ProcessId), ("FromStep", started.FromStep))
                    : Of(sweep, started.Attempt, "AttemptStarted", LogEventLevel.Warning, "{TrialName} started on {Device}. {Warning}",
                        ("ProcessId", started.ProcessId), ("FromStep", started.FromStep), ("Warning", started.Warning));
            case SweepEvent.MetricReported metric:
                return Metric(sweep, metric, time);
            case SweepEvent.CheckpointSaved saved:
                return Of(sweep, saved.Attempt, "CheckpointSaved", LogEventLevel.Information, "{TrialName} saved step {Step}",
                    ("Step", saved.Step), ("Bytes", saved.Bytes));
            case SweepEvent.AttemptEnded ended:
                return Ended(sweep, ended, time);
            case SweepEvent.TrialEnded ended:
                return Ended(sweep, ended);
            case SweepEvent.ReportRejected rejected:
                return Of(sweep, rejected.Attempt, "ReportRejected", LogEventLevel.Warning, "{TrialName}: a report was refused: {Detail}",
                    ("Reason", rejected.Reason.ToString()), ("Detail", rejected.Detail));
            default:
                return null;
        }
    }

    private Entry Leased(string sweep, SweepEvent.TrialLeased leased, DateTimeOffset time)
    {
        var trial = Context(sweep, leased.Attempt.Trial);
        trial.Device = leased.Device;
        trial.Node = leased.Node;
        double? idle = _idleSince.Remove(leased.Worker, out var since) ? Math.Round((time - since).TotalMilliseconds, 1) : null;
        trial.Worker = leased.Worker;
        return Of(sweep, leased.Attempt, "TrialLeased", LogEventLevel.Information, "{TrialName} leased to {Device} of {Node}",
            ("IdleMs", idle), ("WaitMs", Math.Round((time - trial.WaitingSince).TotalMilliseconds, 1)));
    }

    private Entry? Metric(string sweep, SweepEvent.MetricReported metric, DateTimeOffset time)
    {
        var trial = Context(sweep, metric.Attempt.Trial);
        if (metric.Values.IsEmpty)
            return null; // a retry that came by a recorded step

        var evaluated = metric.Values.TryGetValue(trial.ValidationMetric, out var value);
        if (!evaluated && time - trial.LastMetric < MetricInterval)
            return null;

        trial.LastMetric = time;
        var properties = metric.Values
            .Where(pair => double.IsFinite(pair.Value))
            .Select(pair => (PascalCase(pair.Key), (object?)pair.Value))
            .Append(("Step", metric.Step))
            .Append(("Loss", metric.Values.TryGetValue("train_loss", out var loss) && double.IsFinite(loss) ? loss : null))
            .Append(("Score", evaluated && double.IsFinite(value) ? trial.Score(value) : null))
            .Append(("Diverged", metric.Values.Values.All(double.IsFinite) ? null : true));
        return Of(sweep, metric.Attempt, "Metric", LogEventLevel.Debug, "{TrialName} at step {Step}", [.. properties]);
    }

    private Entry Ended(string sweep, SweepEvent.AttemptEnded ended, DateTimeOffset time)
    {
        var trial = Context(sweep, ended.Attempt.Trial);
        trial.WaitingSince = time;
        if (trial.Worker is { } worker)
            _idleSince[worker] = time;

        var (level, outcome) = ended.Outcome switch
        {
            AttemptOutcome.Finished => (LogEventLevel.Information, "finished"),
            AttemptOutcome.Paused => (LogEventLevel.Information, "paused"),
            AttemptOutcome.Rested => (LogEventLevel.Information, "rested"),
            AttemptOutcome.Failed => (LogEventLevel.Warning, "failed"),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        var result = (ended.Outcome as AttemptOutcome.Finished)?.Result;
        trial.Result = result ?? trial.Result;
        return Of(sweep, ended.Attempt, "AttemptEnded", level, "{TrialName}: attempt {Attempt} {Outcome} after {Seconds} s",
            ("Outcome", outcome),
            ("Seconds", Math.Round(ended.Elapsed.TotalSeconds, 3)),
            ("PeakMB", result is null ? null : Math.Round(result.PeakMemoryBytes / 1e6, 1)),
            ("Cause", (ended.Outcome as AttemptOutcome.Failed)?.Cause.ToString()),
            ("Error", (ended.Outcome as AttemptOutcome.Failed)?.Message));
    }

    private Entry Ended(string sweep, SweepEvent.TrialEnded ended)
    {
        var trial = Context(sweep, ended.Trial);
        var level = ended.State is TrialState.Failed or TrialState.Invalid ? LogEventLevel.Error : LogEventLevel.Information;
        var metric = trial.Result is { } result ? trial.Block?.ValueOf(result.Metrics) : null;
        return new("TrialEnded", level, "{TrialName} ended as {State}",
        [
            .. trial.Properties(null),
            ("State", ended.State.ToString()), ("Cause", ended.Cause?.ToString()), ("Error", ended.Message),
            ("Score", metric is { } known && double.IsFinite(known) ? trial.Score(known) : null),
            ("TrainableParameters", trial.Result?.TrainableParameters),
        ]);
    }

    private Entry Of(
        string sweep, AttemptId attempt, string name, LogEventLevel level, string template, params (string, object?)[] more) =>
        new(name, level, template, [.. Context(sweep, attempt.Trial).Properties(attempt.Number), .. more]);

    private TrialContext Context(string sweep, TrialId trial) =>
        _trials.TryGetValue((sweep, trial), out var context) ? context : _trials[(sweep, trial)] = new TrialContext { Trial = trial };

    private static string PascalCase(string snakeCase) =>
        string.Concat(snakeCase.Split('_', StringSplitOptions.RemoveEmptyEntries)
            .Select(word => char.ToUpper(word[0], CultureInfo.InvariantCulture) + word[1..]));

    private sealed record Entry(
        string Event, LogEventLevel Level, string Template, IReadOnlyList<(string Name, object? Value)> Properties);

    /// <summary>What the events of a trial have said so far and later ones refer to.</summary>
    private sealed class TrialContext
    {
        public required TrialId Trial { get; init; }

        public string? Method { get; init; }

        public string? Task { get; init; }

        public TaskBlock? Block { get; init; }

        public string ValidationMetric => $"validation_{Block?.Metric}";

        public bool Maximize { get; init; }

        public int? Replicate { get; init; }

        public DateTimeOffset WaitingSince { get; set; }

        public DateTimeOffset LastMetric { get; set; }

        public string? Device { get; set; }

        public string? Node { get; set; }

        public string? Worker { get; set; }

        public TrialResult? Result { get; set; }

        public static TrialContext Of(SweepSpec? spec, SweepEvent.TrialCreated created, DateTimeOffset time)
        {
            if (created.Work is not TrialWork.Train train || spec is null)
                return new() { Trial = created.Trial, Task = (created.Work as TrialWork.Prepare)?.Preparation, WaitingSince = time };

            var block = spec.Tasks[train.Block];
            return new()
            {
                Trial = created.Trial,
                Method = train.Entry,
                Task = block.Task,
                Block = block,
                Maximize = block.Maximize,
                Replicate = train.Replicate,
                WaitingSince = time,
            };
        }

        public double Score(double metric) => Maximize ? metric : -metric;

        public IReadOnlyList<(string Name, object? Value)> Properties(int? attempt) =>
        [
            ("Trial", Trial.Number), ("TrialName", Trial.ToString()), ("Attempt", attempt), ("Method", Method), ("Task", Task),
            ("Seed", Replicate), ("Device", Device), ("Node", Node),
        ];
    }
}

using System.Collections.Immutable;
using System.Globalization;
using Experiments.Trials;

namespace Experiments.Reports;

/// <summary>Where sweeps stand, as tables: several as a list, one with its details.</summary>
public static class StatusTables
{
    /// <summary>The list, and for a single sweep what runs, waits and has failed.</summary>
    public static IEnumerable<ReportTable> Of(StatusDocument status)
    {
        yield return new ReportTable
        {
            Columns =
            [
                new("sweep"),
                new("started", Priority: 3),
                new("state"),
                new("done", Alignment.Right),
                .. Shown.Select(column => new Column(column.Heading, Alignment.Right, column.Priority)),
            ],
            Rows = [.. status.Sweeps.Select(Row)],
            Notes = status.Sweeps.IsEmpty ? ["There is no sweep yet. Start one: orchestrator run FILE."] : [],
        };

        if (status.Sweeps is not [var sweep])
            yield break;
        foreach (var table in new[] { Running(sweep), Waiting(sweep), Failures(sweep) }.Where(table => table.Rows.Length > 0))
            yield return table;
    }

    private static (string Heading, int Priority, TrialState[] States)[] Shown =>
    [
        ("running", 1, [TrialState.Assigned, TrialState.Running]),
        ("waiting", 2, [TrialState.Waiting]),
        ("paused", 4, [TrialState.Paused]),
        ("pruned", 5, [TrialState.Pruned]),
        ("failed", 1, [TrialState.Failed, TrialState.Invalid]),
        ("cancelled", 5, [TrialState.Cancelled]),
    ];

    private static ImmutableArray<Cell> Row(SweepStatus sweep) =>
    [
        sweep.Sweep,
        sweep.Started.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture),
        sweep.State,
        $"{Count(sweep, TrialState.Completed)}/{sweep.Trials.Values.Sum()}",
        .. Shown.Select(column => new Cell(
            Count(sweep, column.States).ToString(CultureInfo.InvariantCulture),
            column.Heading == "failed" && Count(sweep, column.States) > 0 ? Tone.Bad : Tone.Plain)),
    ];

    private static int Count(SweepStatus sweep, params TrialState[] states) => states.Sum(state => sweep.Trials.GetValueOrDefault(state));

    private static ReportTable Running(SweepStatus sweep) => new()
    {
        Columns =
        [
            new("device"), new("trial"), new("task", Priority: 1), new("method"), new("step", Alignment.Right), new("node", Priority: 2),
        ],
        Rows =
        [
            .. sweep.Running.Select(trial => (ImmutableArray<Cell>)
            [
                trial.Device, trial.Trial.ToString(), trial.Task, trial.Name, trial.Step.ToString(CultureInfo.InvariantCulture), trial.Node,
            ]),
        ],
    };

    private static ReportTable Waiting(SweepStatus sweep) => new()
    {
        Columns = [new("waiting", Alignment.Right), new("for", Cut: true)],
        Rows =
        [
            .. sweep.Waiting.Select(reason => (ImmutableArray<Cell>)[reason.Trials.ToString(CultureInfo.InvariantCulture), reason.Reason]),
        ],
    };

    private static ReportTable Failures(SweepStatus sweep) => new()
    {
        Columns = [new("failed"), new("task", Priority: 1), new("method"), new("cause"), new("message", Cut: true)],
        Rows =
        [
            .. sweep.Failures.Select(trial => (ImmutableArray<Cell>)
            [
                trial.Trial.ToString(), trial.Task, trial.Name, new Cell(SnakeCase.Of(trial.Cause), Tone.Bad), trial.Message,
            ]),
        ],
    };
}

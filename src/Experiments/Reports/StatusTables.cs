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
        var counts = Counts.Where(column => column.IsAlwaysShown || status.Sweeps.Any(each => Count(each, column.States) > 0)).ToArray();
        yield return new ReportTable
        {
            Columns =
            [
                new("sweep"),
                new("started", Priority: 2),
                new("state"),
                new("done", Alignment.Right),
                .. counts.Select(column => new Column(column.Heading, Alignment.Right, 1)),
            ],
            Rows = [.. status.Sweeps.Select(each => Row(each, counts))],
            Notes = status.Sweeps switch
            {
                [] => ["There is no sweep yet. Start one: orchestrator run FILE."],
                [var single] => [.. Notes(single)],
                _ => [],
            },
        };

        if (status.Sweeps is not [var sweep])
            yield break;
        foreach (var table in new[] { Running(sweep), Waiting(sweep), Failures(sweep) }.Where(table => table.Rows.Length > 0))
            yield return table;
    }

    private static CountColumn[] Counts =>
    [
        new("running", IsAlwaysShown: true, TrialState.Assigned, TrialState.Running),
        new("waiting", IsAlwaysShown: true, TrialState.Waiting),
        new("paused", IsAlwaysShown: false, TrialState.Paused),
        new("resting", IsAlwaysShown: false, TrialState.Resting),
        new("pruned", IsAlwaysShown: false, TrialState.Pruned),
        new("failed", IsAlwaysShown: true, TrialState.Failed, TrialState.Invalid),
        new("cancelled", IsAlwaysShown: false, TrialState.Cancelled),
    ];

    private static ImmutableArray<Cell> Row(SweepStatus sweep, CountColumn[] counts) =>
    [
        sweep.Sweep,
        sweep.Started.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture),
        sweep.State,
        $"{Count(sweep, TrialState.Completed)}/{sweep.Trials.Values.Sum()}",
        .. counts.Select(column => new Cell(
            Count(sweep, column.States).ToString(CultureInfo.InvariantCulture),
            column.Heading == "failed" && Count(sweep, column.States) > 0 ? Tone.Bad : Tone.Plain)),
    ];

    private static IEnumerable<string> Notes(SweepStatus sweep)
    {
        if (sweep.PauseReason is { } reason)
            yield return $"Paused: {reason}";
        if (sweep.DeviceLimit is { } limit)
            yield return $"Device time of attempts that are over: {Digits.Duration(sweep.DeviceTime)} of {Digits.Duration(limit)}.";
    }

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
        Columns = [new("waiting", Alignment.Right), new("for", Overflow: Overflow.Wrap)],
        Rows =
        [
            .. sweep.Waiting.Select(reason => (ImmutableArray<Cell>)[reason.Trials.ToString(CultureInfo.InvariantCulture), reason.Reason]),
        ],
    };

    private static ReportTable Failures(SweepStatus sweep) => new()
    {
        Columns = [new("failed"), new("task", Priority: 1), new("method"), new("cause"), new("message", Overflow: Overflow.Wrap)],
        Rows =
        [
            .. sweep.Failures.Select(trial => (ImmutableArray<Cell>)
            [
                trial.Trial.ToString(), trial.Task, trial.Name, new Cell(SnakeCase.Of(trial.Cause), Tone.Bad), trial.Message,
            ]),
        ],
    };

    private sealed record CountColumn(string Heading, bool IsAlwaysShown, params TrialState[] States);
}

using System.Collections.Immutable;
using System.Globalization;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Experiments.Reports;

/// <summary>A plan as a table.</summary>
public static class PlanTables
{
    /// <summary>A row an entry, what is prepared first, and the sum; where it was simulated, a row a rung besides.</summary>
    public static IEnumerable<ReportTable> Of(PlanDocument plan)
    {
        yield return new ReportTable
        {
            Lead =
            [
                $"{plan.Sweep}: {Plural(plan.Configurations, "configuration")} x {Plural(plan.Seeds, "seed")} = "
                    + $"{Plural(plan.Trials, "trial")}, {Whole(plan.Steps)} steps",
                .. plan.Preparations.IsEmpty ? [] : new[] { $"first, unless they are cached: {string.Join(", ", plan.Preparations)}" },
            ],
            Columns =
            [
                new("task", Priority: 1),
                new("method"),
                new("configurations", Alignment.Right, 2),
                new("of", Alignment.Right, 2),
                new("trials", Alignment.Right),
                new("steps each", Alignment.Right),
                new("device time", Alignment.Right),
                new("basis", Priority: 3),
            ],
            Rows = [.. plan.Entries.Select(Row)],
            Notes =
            [
                .. plan.Entries.Where(entry => entry.Given > 0)
                    .Select(entry => $"{entry.Entry} starts with {Plural(entry.Given, "given configuration")}."),
                .. plan.Earlier.Select(earlier => earlier.Said),
                plan.DeviceTime is { } time
                    ? $"About {Digits.Duration(time)} of one device, preparations aside."
                    : "Time is known once trials of the same task, base and method are in the store.",
                .. plan.SeedsNeeded > plan.Seeds
                    ? [$"To tell a method apart from the reference takes at least {plan.SeedsNeeded} seeds."] : Array.Empty<string>(),
                .. Limits(plan.Limits),
            ],
        };
        if (plan.Simulation is { } simulated)
            yield return Of(plan, simulated);
    }

    private static ReportTable Of(PlanDocument plan, SimulationDocument simulated) => new()
    {
        Lead = [.. Course(simulated)],
        Columns =
        [
            new("task", Priority: 1),
            new("method"),
            new("rung", Alignment.Right),
            new("reached", Alignment.Right),
            new("went on", Alignment.Right),
            new("no further", Alignment.Right, 2),
        ],
        Rows =
        [
            .. simulated.Rungs.Select(rung => (ImmutableArray<Cell>)
            [
                plan.Entries.First(entry => entry.Block == rung.Block).Task, rung.Entry,
                Whole(rung.Step), Whole(rung.Reached), Whole(rung.WentOn), Whole(rung.Reached - rung.WentOn),
            ]),
        ],
        Notes = simulated.Assumptions,
    };

    private static IEnumerable<string> Course(SimulationDocument simulated)
    {
        var end = simulated.Ended ? "" : ", not at its end by then";
        yield return $"Simulated on {Plural(simulated.Devices, "device")}: {Digits.Duration(simulated.Time)}{end}, devices busy "
            + $"{Percent(simulated.BusyShare)} of it. {string.Join(", ", simulated.Trials.Select(Count))}.";
        yield return $"Device time {Digits.Duration(simulated.DeviceTime)}, {Percent(simulated.DeviceTime / simulated.FullDeviceTime)} of "
            + $"the {Digits.Duration(simulated.FullDeviceTime)} of all trials to their end.";
        if (simulated.Losses > 0)
        {
            yield return $"{Plural(simulated.Losses, "worker")} lost, and "
                + $"{Whole(simulated.UndoneSteps)} of {Whole(simulated.Steps)} steps.";
        }

        static string Count(KeyValuePair<TrialState, int> trials) => $"{Whole(trials.Value)} {trials.Key.ToString().ToLowerInvariant()}";
    }

    private static string Percent(double share) => share.ToString("0.0 %", CultureInfo.InvariantCulture);

    private static IEnumerable<string> Limits(PlannedLimits limits)
    {
        string[] sweep =
        [
            .. limits.Wall is { } wall ? [$"{DurationText.Of(wall)} of a run"] : Array.Empty<string>(),
            .. limits.DeviceTime is { } time ? [$"{DurationText.Of(time)} of device time"] : Array.Empty<string>(),
            .. limits.Cost is { } cost
                ? [string.Create(CultureInfo.InvariantCulture, $"a cost of {cost} at {limits.PricePerDeviceHour} for an hour of a device")]
                : Array.Empty<string>(),
        ];
        if (sweep.Length > 0)
        {
            yield return $"Limits: {string.Join(", ", sweep)}; then running attempts "
                + (limits.AtLimit == "drain" ? "go on to their next rung or their end." : "save and stop.");
        }

        if (limits.Trial is { } trial)
            yield return $"A trial may take {DurationText.Of(trial)}.";
    }

    private static ImmutableArray<Cell> Row(PlannedCost entry) =>
    [
        entry.Task,
        entry.Entry,
        Whole(entry.Configurations),
        entry.Space,
        Whole(entry.Trials),
        Steps(entry),
        entry.DeviceTime is { } time ? "~" + Digits.Duration(time) : "?",
        entry.Basis == 0 ? "none" : Plural(entry.Basis, "trial") + " in this store",
    ];

    private static string Steps(PlannedCost entry) =>
        entry.Method is CommandSpec.Name or ExternalSpec.Name ? "" // a program makes as many as it likes
        : entry.LeastSteps == entry.MostSteps ? Whole(entry.MostSteps)
        : $"{Whole(entry.LeastSteps)}-{Whole(entry.MostSteps)}";

    private static string Whole(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Plural(long count, string word) => $"{Whole(count)} {word}{(count == 1 ? "" : "s")}";
}

using System.Collections.Immutable;
using System.Globalization;
using Experiments.Sweeps;

namespace Experiments.Reports;

/// <summary>A plan as a table.</summary>
public static class PlanTables
{
    /// <summary>A row an entry, what is prepared first, and the sum.</summary>
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
                plan.DeviceTime is { } time
                    ? $"About {Digits.Duration(time)} of one device, preparations aside."
                    : "Time is known once trials of the same task, base and method are in the store.",
                .. Limits(plan.Limits),
            ],
        };
    }

    private static IEnumerable<string> Limits(PlannedLimits limits)
    {
        string[] sweep =
        [
            .. limits.Wall is { } wall ? [$"{SweepYaml.Duration(wall)} of a run"] : Array.Empty<string>(),
            .. limits.DeviceTime is { } time ? [$"{SweepYaml.Duration(time)} of device time"] : Array.Empty<string>(),
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
            yield return $"A trial may take {SweepYaml.Duration(trial)}.";
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

    private static string Steps(PlannedCost entry) => entry.Method == CommandSpec.Name ? "" // a program makes as many as it likes
        : entry.LeastSteps == entry.MostSteps ? Whole(entry.MostSteps)
        : $"{Whole(entry.LeastSteps)}-{Whole(entry.MostSteps)}";

    private static string Whole(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Plural(long count, string word) => $"{Whole(count)} {word}{(count == 1 ? "" : "s")}";
}

using System.Collections.Immutable;
using System.Globalization;
using Experiments.Comparison;
using Experiments.Sweeps;

namespace Experiments.Reports;

/// <summary>The trade-off of a block as tables: the configurations that no other beats, then how much each entry covers.</summary>
internal static class TradeOffTables
{
    public static IEnumerable<ReportTable> Of(TradeOff tradeOff) => [ParetoSet(tradeOff), Entries(tradeOff)];

    private static ReportTable ParetoSet(TradeOff tradeOff)
    {
        var shared = SharedValues.Of(tradeOff.ParetoSet.Select(configuration => configuration.Values));
        var objectives = string.Join(", ", tradeOff.Objectives.Select(each => $"{each.Name} ({(each.Maximize ? "more" : "less")})"));
        return new ReportTable
        {
            Lead = [$"Pareto set on validation, {tradeOff.ParetoSet.Length} of {tradeOff.Configurations} configurations · {objectives}"],
            Columns =
            [
                new("method"),
                new("config"),
                .. tradeOff.Objectives.Select((objective, k) => new Column(objective.Name, Alignment.Right, k)),
                new("values", Priority: tradeOff.Objectives.Length, Overflow: Overflow.Cut),
            ],
            Rows =
            [
                .. tradeOff.ParetoSet.Select(configuration => (ImmutableArray<Cell>)
                [
                    configuration.Entry,
                    $"c{configuration.Index}",
                    .. configuration.Objectives.Zip(tradeOff.Objectives).Select(value => (Cell)Text(value.Second, value.First)),
                    shared.Others(configuration.Values),
                ]),
            ],
            Notes = shared.Notes,
        };
    }

    private static ReportTable Entries(TradeOff tradeOff)
    {
        var corner = string.Join(", ", tradeOff.Objectives.Select(each => $"{each.Name} {Text(each, each.Reference)}"));
        return new ReportTable
        {
            Lead =
            [
                "Hypervolume: share of the box between the best values and the reference point that an entry dominates; "
                + $"reference point a tenth of the range beyond the worst values: {corner}",
            ],
            Columns =
            [
                new("method"),
                new("hypervolume", Alignment.Right),
                new("configurations", Alignment.Right, 2),
                new("in the set", Alignment.Right, 1),
            ],
            Rows =
            [
                .. tradeOff.Entries.OrderByDescending(entry => entry.Hypervolume).Select(entry => Row(
                    entry.Entry, entry.Hypervolume, entry.Configurations, entry.OnFront)),
                Row("all together", tradeOff.Hypervolume, tradeOff.Configurations, tradeOff.ParetoSet.Length),
            ],
        };
    }

    private static ImmutableArray<Cell> Row(string entry, double hypervolume, int configurations, int onFront) =>
    [
        entry,
        hypervolume.ToString("0.000", CultureInfo.InvariantCulture),
        configurations.ToString(CultureInfo.InvariantCulture),
        onFront.ToString(CultureInfo.InvariantCulture),
    ];

    private static string Text(ObjectiveRange objective, double value) => objective.Name == TrialCosts.TrainableParameters
        ? Digits.Count((long)Math.Round(value))
        : Digits.Significant(value, 4);
}

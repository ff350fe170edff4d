using System.Collections.Immutable;
using Experiments.Sweeps;

namespace Experiments.Comparison;

/// <summary>
/// The configurations of a block judged in all objectives at once, by their means over seeds on the validation split. Those
/// that break an outcome constraint or lack a value take no part.
/// </summary>
public sealed record TradeOff
{
    /// <summary>How far the reference point lies beyond the worst values, as a share of the range: at 0 the ends of the front
    /// would add nothing.</summary>
    /// <remarks>Ishibuchi et al. 2018, "How to Specify a Reference Point in Hypervolume Calculation for Fair Performance
    /// Comparison".</remarks>
    public const double Margin = 0.1;

    /// <summary>The objectives, the metric first.</summary>
    public required ImmutableArray<ObjectiveRange> Objectives { get; init; }

    /// <summary>Configurations that took part.</summary>
    public required int Configurations { get; init; }

    /// <summary>Share of the box from the best values to the reference point that the front dominates.</summary>
    public required double Hypervolume { get; init; }

    /// <summary>The same for each entry alone, in file order.</summary>
    public required ImmutableArray<EntryHypervolume> Entries { get; init; }

    /// <summary>The configurations that no other beats, best value of the metric first.</summary>
    public required ImmutableArray<ParetoConfiguration> ParetoSet { get; init; }

    /// <summary>The trade-off of a block that states several objectives; null where it does not, or nothing can take part.</summary>
    internal static TradeOff? Of(TaskBlock block, IEnumerable<IReadOnlyList<TriedConfiguration>> entries)
    {
        if (block.Objectives.Count == 0)
            return null;

        Objective[] objectives = [new(block.Metric, block.Maximize), .. block.Objectives];
        var points = entries
            .SelectMany(configurations => ConfigurationChoice.Standing(configurations))
            .Where(configuration => configuration.Violation == 0)
            .Select(configuration => (Configuration: configuration, Values: objectives.Select(o => configuration.MeanOf(o.Name)).ToArray()))
            .Where(point => point.Values.All(value => value is not null))
            .Select(point => (point.Configuration, Values: point.Values.Select(value => value!.Value).ToArray()))
            .ToArray();
        if (points.Length == 0)
            return null;

        ImmutableArray<ObjectiveRange> ranges =
            [.. objectives.Select((objective, k) => ObjectiveRange.Of(objective, [.. points.Select(point => point.Values[k])]))];
        double[][] unit = [.. points.Select(point => point.Values.Select((value, k) => ranges[k].Share(value)).ToArray())];
        var front = NonDominatedSorting.Front(unit);
        return new TradeOff
        {
            Objectives = ranges,
            Configurations = points.Length,
            Hypervolume = Volume(unit),
            Entries =
            [
                .. points.Zip(unit, front).GroupBy(point => point.First.Configuration.Entry).Select(entry => new EntryHypervolume(
                    entry.Key, entry.Count(), entry.Count(point => point.Third), Volume([.. entry.Select(point => point.Second)]))),
            ],
            ParetoSet =
            [
                .. points.Where((_, i) => front[i])
                    .OrderBy(point => point.Configuration.Score)
                    .Select(point => new ParetoConfiguration(
                        point.Configuration.Entry, point.Configuration.Index, [.. point.Values], point.Configuration.Values)),
            ],
        };
    }

    private static double Volume(double[][] unit) =>
        Comparison.Hypervolume.Of(unit, [.. Enumerable.Repeat(1 + Margin, unit[0].Length)]) / Math.Pow(1 + Margin, unit[0].Length);
}

/// <summary>An objective with the values that its configurations came to.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Maximize">Whether more of it is better.</param>
/// <param name="Best">The best value of any configuration.</param>
/// <param name="Worst">The worst.</param>
/// <param name="Reference">Its coordinate of the reference point: a tenth of the range beyond the worst.</param>
public sealed record ObjectiveRange(string Name, bool Maximize, double Best, double Worst, double Reference)
{
    internal static ObjectiveRange Of(Objective objective, double[] values)
    {
        var (least, most) = (values.Min(), values.Max());
        var (best, worst) = objective.Maximize ? (most, least) : (least, most);
        return new(objective.Name, objective.Maximize, best, worst, worst + TradeOff.Margin * (worst - best));
    }

    /// <summary>0 for the best value, 1 for the worst; an objective in which all are alike tells nothing apart.</summary>
    internal double Share(double value) => Best == Worst ? 0 : (value - Best) / (Worst - Best);
}

/// <summary>How much an entry alone covers of the trade-off.</summary>
/// <param name="Entry">Name of the entry.</param>
/// <param name="Configurations">Configurations that took part.</param>
/// <param name="OnFront">How many of them are in the Pareto set of the block.</param>
/// <param name="Hypervolume">Share of the box that they dominate.</param>
public sealed record EntryHypervolume(string Entry, int Configurations, int OnFront, double Hypervolume);

/// <summary>A configuration that no other beats.</summary>
/// <param name="Entry">Name of its entry.</param>
/// <param name="Index">Index within its entry; shown as <c>c4</c>.</param>
/// <param name="Objectives">Its values in the order of the objectives.</param>
/// <param name="Values">Its configuration.</param>
public sealed record ParetoConfiguration(string Entry, int Index, ImmutableArray<double> Objectives, Configuration Values);

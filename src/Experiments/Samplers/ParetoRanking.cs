using Experiments.Comparison;

namespace Experiments.Samplers;

/// <summary>An observation with its place among others.</summary>
/// <param name="Observation">What it is.</param>
/// <param name="Rank">Front that it lies on: 0 where nothing beats it, and so on without the fronts before.</param>
/// <param name="Crowding">How far its neighbours on the front are; infinite at the ends.</param>
internal sealed record Ranked(Observation Observation, int Rank, double Crowding);

/// <summary>
/// The order of NSGA-II: by front, and within a front the lonely first. Less violation of the limits beats more, whatever the
/// objectives, and what came further beats what was pruned before; what failed is beaten by all that did not. With one
/// objective it is the order of its values.
/// </summary>
/// <remarks>Deb, Pratap, Agarwal and Meyarivan 2002, "A fast and elitist multiobjective genetic algorithm: NSGA-II",
/// sections III and VI-A.</remarks>
internal static class ParetoRanking
{
    /// <summary>The observations in order, the best first; equals in the order of their indices.</summary>
    public static List<Ranked> Of(IEnumerable<Observation> observations)
    {
        var ranked = new List<Ranked>();
        var rank = 0;
        var classes = observations
            .GroupBy(each => (Violation: each.Failed ? double.PositiveInfinity : each.Violation, each.Progress))
            .OrderBy(equals => equals.Key.Violation).ThenByDescending(equals => equals.Key.Progress);
        foreach (var comparable in classes)
        {
            double[][] values = [.. comparable.Select(Values)];
            var fronts = comparable.Zip(values, NonDominatedSorting.Ranks(values)).GroupBy(each => each.Third);
            foreach (var front in fronts.OrderBy(front => front.Key))
            {
                ranked.AddRange(front.Zip(Crowding([.. front.Select(each => each.Second)]))
                    .Select(each => new Ranked(each.First.First, rank, each.Second))
                    .OrderByDescending(each => each.Crowding).ThenBy(each => each.Observation.Index));
                rank++;
            }
        }

        return ranked;
    }

    /// <summary>Its objectives. What is not a number is worse than all that are.</summary>
    private static double[] Values(Observation observation) =>
        [.. observation.Objectives.Select(value => double.IsNaN(value) ? double.PositiveInfinity : value)];

    private static double[] Crowding(double[][] front)
    {
        var crowding = new double[front.Length];
        for (var objective = 0; objective < front.Min(each => each.Length); objective++)
        {
            double[] values = [.. front.Select(each => each[objective])];
            int[] order = [.. Enumerable.Range(0, front.Length).OrderBy(each => values[each])];
            var (least, most) = (values[order[0]], values[order[^1]]);
            crowding[order[0]] = crowding[order[^1]] = double.PositiveInfinity;
            for (var i = 1; i < order.Length - 1 && most > least && double.IsFinite(most); i++)
                crowding[order[i]] += (values[order[i + 1]] - values[order[i - 1]]) / (most - least);
        }

        return crowding;
    }
}

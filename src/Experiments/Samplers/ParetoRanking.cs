namespace Experiments.Samplers;

/// <summary>An observation with its place among others.</summary>
/// <param name="Observation">What it is.</param>
/// <param name="Rank">Front that it lies on: 0 where nothing beats it, and so on without the fronts before.</param>
/// <param name="Crowding">How far its neighbours on the front are; infinite at the ends.</param>
internal sealed record Ranked(Observation Observation, int Rank, double Crowding);

/// <summary>
/// The order of NSGA-II: by front, and within a front the lonely first. Less violation of the limits beats more, whatever the
/// objectives; what failed is beaten by all that did not. With one objective it is the order of its values.
/// </summary>
/// <remarks>Deb, Pratap, Agarwal and Meyarivan 2002, "A fast and elitist multiobjective genetic algorithm: NSGA-II",
/// sections III and VI-A.</remarks>
internal static class ParetoRanking
{
    /// <summary>The observations in order, the best first; equals in the order of their indices.</summary>
    public static List<Ranked> Of(IEnumerable<Observation> observations)
    {
        var left = observations.ToList();
        var ranked = new List<Ranked>(left.Count);
        for (var rank = 0; left.Count > 0; rank++)
        {
            var front = left.FindAll(each => !left.Exists(other => Beats(other, each)));
            left.RemoveAll(front.Contains);
            ranked.AddRange(front.Zip(Crowding(front), (each, crowding) => new Ranked(each, rank, crowding))
                .OrderByDescending(each => each.Crowding).ThenBy(each => each.Observation.Index));
        }

        return ranked;
    }

    private static bool Beats(Observation one, Observation other)
    {
        var (first, second) = (Violation(one), Violation(other));
        if (first != second)
            return first < second;

        var isLower = false;
        for (var objective = 0; objective < Math.Min(one.Objectives.Count, other.Objectives.Count); objective++)
        {
            var (mine, its) = (Value(one, objective), Value(other, objective));
            if (mine > its)
                return false;
            isLower |= mine < its;
        }

        return isLower;
    }

    private static double[] Crowding(List<Observation> front)
    {
        var crowding = new double[front.Count];
        for (var objective = 0; objective < front.Min(each => each.Objectives.Count); objective++)
        {
            var at = objective;
            int[] order = [.. Enumerable.Range(0, front.Count).OrderBy(each => Value(front[each], at))];
            var (least, most) = (Value(front[order[0]], at), Value(front[order[^1]], at));
            crowding[order[0]] = crowding[order[^1]] = double.PositiveInfinity;
            for (var i = 1; i < order.Length - 1 && most > least && double.IsFinite(most); i++)
                crowding[order[i]] += (Value(front[order[i + 1]], at) - Value(front[order[i - 1]], at)) / (most - least);
        }

        return crowding;
    }

    private static double Violation(Observation observation) => observation.Failed ? double.PositiveInfinity : observation.Violation;

    /// <summary>What is not a number is worse than all that are.</summary>
    private static double Value(Observation observation, int objective) =>
        double.IsNaN(observation.Objectives[objective]) ? double.PositiveInfinity : observation.Objectives[objective];
}

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
        Candidate[] candidates = [.. observations.Select(each => new Candidate(each))];
        for (var one = 0; one < candidates.Length; one++)
        {
            for (var other = 0; other < one; other++)
                Compare(candidates[one], candidates[other]);
        }

        var ranked = new List<Ranked>(candidates.Length);
        var front = candidates.Where(each => each.BeatenBy == 0).ToList();
        for (var rank = 0; front.Count > 0; rank++)
        {
            ranked.AddRange(front.Zip(Crowding(front), (each, crowding) => new Ranked(each.Observation, rank, crowding))
                .OrderByDescending(each => each.Crowding).ThenBy(each => each.Observation.Index));
            front = Next(front);
        }

        return ranked;
    }

    private static void Compare(Candidate one, Candidate other)
    {
        if (one.IsBetterThan(other))
            one.Beat(other);
        else if (other.IsBetterThan(one))
            other.Beat(one);
    }

    /// <summary>Those that only the front and what lies before it beats.</summary>
    private static List<Candidate> Next(List<Candidate> front)
    {
        var next = new List<Candidate>();
        foreach (var beaten in front.SelectMany(each => each.Beats))
        {
            if (--beaten.BeatenBy == 0)
                next.Add(beaten);
        }

        return next;
    }

    private static double[] Crowding(List<Candidate> front)
    {
        var crowding = new double[front.Count];
        for (var objective = 0; objective < front.Min(each => each.Values.Length); objective++)
        {
            double[] values = [.. front.Select(each => each.Values[objective])];
            int[] order = [.. Enumerable.Range(0, front.Count).OrderBy(each => values[each])];
            var (least, most) = (values[order[0]], values[order[^1]]);
            crowding[order[0]] = crowding[order[^1]] = double.PositiveInfinity;
            for (var i = 1; i < order.Length - 1 && most > least && double.IsFinite(most); i++)
                crowding[order[i]] += (values[order[i + 1]] - values[order[i - 1]]) / (most - least);
        }

        return crowding;
    }

    private sealed class Candidate(Observation observation)
    {
        private readonly double _violation = observation.Failed ? double.PositiveInfinity : observation.Violation;

        public Observation Observation { get; } = observation;

        /// <summary>Its objectives. What is not a number is worse than all that are.</summary>
        public double[] Values { get; } =
            [.. observation.Objectives.Select(value => double.IsNaN(value) ? double.PositiveInfinity : value)];

        public List<Candidate> Beats { get; } = [];

        /// <summary>How many beat it that are not on a front yet.</summary>
        public int BeatenBy { get; set; }

        public void Beat(Candidate other)
        {
            Beats.Add(other);
            other.BeatenBy++;
        }

        public bool IsBetterThan(Candidate other)
        {
            if (_violation != other._violation)
                return _violation < other._violation;
            if (Observation.Progress != other.Observation.Progress)
                return Observation.Progress > other.Observation.Progress;

            var isLower = false;
            for (var objective = 0; objective < Math.Min(Values.Length, other.Values.Length); objective++)
            {
                if (Values[objective] > other.Values[objective])
                    return false;
                isLower |= Values[objective] < other.Values[objective];
            }

            return isLower;
        }
    }
}

using Experiments.Sweeps;

namespace Experiments.Samplers.GaussianProcesses;

/// <summary>
/// Looks for the configuration with the largest expected improvement: many drawn over the whole space and around the best
/// known ones are scored, the most promising go uphill, by gradient in the continuous parameters and value by value in the others.
/// </summary>
internal sealed class AcquisitionSearch(MixedSpace space, GaussianProcess process, KeyedStream stream)
{
    private const int Everywhere = 1000;
    private const int Around = 40;
    private const int Climbers = 4;
    private const int Iterations = 30;
    private const int Rounds = 4;

    private readonly BoxMinimizer _minimizer = new(new double[space.Reals], [.. Enumerable.Repeat(1.0, space.Reals)])
    {
        FirstStep = 0.05,
        Tolerance = 1e-5,
    };

    private ulong _drawn;

    /// <summary>The configuration with the largest expected improvement among those that are admitted; null where none of those
    /// that were looked at is.</summary>
    /// <param name="incumbents">Places of the best known configurations.</param>
    /// <param name="admits">Whether a configuration may be suggested.</param>
    public Configuration? Best(IReadOnlyList<double[]> incumbents, Func<Configuration, bool> admits)
    {
        var global = Ranked([.. Enumerable.Range(0, Everywhere).Select(_ => Draw())]);
        var local = Ranked([.. incumbents.SelectMany(incumbent => Enumerable.Range(0, Around).Select(_ => Near(incumbent)))]);
        var climbed = Ranked([.. global.Take(Climbers).Concat(local.Take(Climbers)).Select(Climb)]);
        return climbed.Concat(local).Concat(global).Select(places => space.At(places)).FirstOrDefault(admits);
    }

    /// <summary>The one with the largest expected improvement of a list; null where that is empty.</summary>
    public Configuration? Best(IReadOnlyList<Configuration> configurations)
    {
        var scores = Score([.. configurations.Select(space.PlacesOf)]);
        return configurations.Zip(scores).OrderByDescending(pair => pair.Second).FirstOrDefault().First;
    }

    /// <summary>Places, the most promising first.</summary>
    private IReadOnlyList<double[]> Ranked(IReadOnlyList<double[]> places)
    {
        var scores = Score(places);
        return [.. Enumerable.Range(0, places.Count).OrderByDescending(i => scores[i]).Select(i => places[i])];
    }

    private double[] Score(IReadOnlyList<double[]> places)
    {
        var scores = new double[places.Count];
        Span<double> means = stackalloc double[4];
        Span<double> deviations = stackalloc double[4];
        double[][] points = [.. Enumerable.Range(0, 4).Select(_ => new double[space.Reals + space.Codes])];
        for (var first = 0; first < places.Count; first += 4)
        {
            var count = Math.Min(4, places.Count - first);
            for (var i = 0; i < count; i++)
                space.See(places[first + i], points[i]);
            process.PredictFour(points, means, deviations);
            for (var i = 0; i < count; i++)
                scores[first + i] = LogExpectedImprovement.Of(means[i], deviations[i], process.Best).Value;
        }

        return scores;
    }

    private double[] Climb(double[] start)
    {
        var places = (double[])start.Clone();
        for (var round = 0; round < Rounds; round++)
        {
            ClimbContinuous(places);
            if (!ClimbCounted(places))
                break;
        }

        return places;
    }

    private void ClimbContinuous(double[] places)
    {
        var active = space.ActiveAt(places);
        var moving = space.RealParameters.ToArray().Select(i => active[i] && space[i].Scale == Scale.Continuous).ToArray();
        if (!moving.Contains(true))
            return;

        var point = new double[space.Reals + space.Codes];
        var gradient = new double[space.Reals];
        space.See(places, point);
        var reals = point[..space.Reals];
        _minimizer.Descend(Regret, reals, Iterations);
        for (var k = 0; k < reals.Length; k++)
        {
            if (moving[k])
                places[space.RealParameters[k]] = reals[k];
        }

        double Regret(ReadOnlySpan<double> at, Span<double> slope)
        {
            at.CopyTo(point);
            gradient.AsSpan().Clear();
            var improvement = process.LogImprovement(point, gradient);
            for (var k = 0; k < gradient.Length; k++)
                slope[k] = moving[k] ? -gradient[k] : 0;
            return -improvement;
        }
    }

    /// <summary>Takes the best of all moves of one parameter with counted values, while one is better; whether any was.</summary>
    private bool ClimbCounted(double[] places)
    {
        var here = Score([places])[0];
        var climbed = false;
        for (var step = 0; step < Rounds; step++)
        {
            double[][] moves = [.. Moves(places)];
            var scores = Score(moves);
            var best = Enumerable.Range(0, moves.Length).DefaultIfEmpty(-1).MaxBy(i => i < 0 ? 0 : scores[i]);
            if (best < 0 || scores[best] <= here)
                break;
            (here, climbed) = (scores[best], true);
            moves[best].CopyTo(places, 0);
        }

        return climbed;
    }

    /// <summary>Every other category, and in an order the values one, two, four … away as long as that is near.</summary>
    private IEnumerable<double[]> Moves(double[] places)
    {
        const int widest = 16;
        var active = space.ActiveAt(places);
        for (var i = 0; i < places.Length; i++)
        {
            if (!active[i] || space[i].Scale == Scale.Continuous || space[i].Count == 1)
                continue;
            var others = space[i].Scale == Scale.Categorical
                ? Enumerable.Range(0, (int)Math.Min(space[i].Count, 2 * widest)).Select(place => (double)place)
                : new[] { 1, 2, 4, 8, widest }.SelectMany(far => new[] { places[i] - far, places[i] + far });
            foreach (var other in others)
            {
                if (other == places[i] || other != space[i].Nearest(other))
                    continue;
                var moved = (double[])places.Clone();
                moved[i] = other;
                yield return moved;
            }
        }
    }

    private double[] Draw()
    {
        var places = new double[space.Dimension];
        for (var i = 0; i < places.Length; i++)
            places[i] = space[i].Quantile(Next());
        return places;
    }

    /// <summary>A step away from places, in a random part of the parameters, of a length between the range and a thousandth.</summary>
    private double[] Near(double[] places)
    {
        var scale = Math.Pow(10, -3 * Next());
        var share = Math.Max(0.5 * Next(), 1.0 / places.Length);
        var near = (double[])places.Clone();
        for (var i = 0; i < near.Length; i++)
        {
            var (moves, where) = (Next() < share, Next());
            if (double.IsNaN(near[i]))
                near[i] = space[i].Quantile(where); // not there before; it may be now
            else if (moves)
                near[i] = Step(space[i], near[i], scale, where);
        }

        return near;
    }

    private static double Step(Coordinate coordinate, double place, double scale, double share)
    {
        if (coordinate.Scale == Scale.Categorical)
            return coordinate.Quantile(share);
        if (coordinate.Scale == Scale.Continuous)
            return coordinate.Nearest(place + scale * (share - 0.5));
        var width = Math.Max(1.5, scale * coordinate.Count); // reaches a neighbour at least
        return coordinate.Nearest(place + width * (2 * share - 1));
    }

    private double Next() => stream.Real(_drawn++);
}

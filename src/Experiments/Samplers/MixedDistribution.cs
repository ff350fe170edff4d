namespace Experiments.Samplers;

/// <summary>The distribution that <see cref="CmaEsSampler"/> draws from: a normal one over the numeric dimensions of a space, and
/// shares of each other parameter's choices, which move towards those among the better half of each generation.</summary>
internal sealed class MixedDistribution
{
    private const double NewShare = 0.3; // of a generation in the shares of choices
    private const double EvenShare = 0.1; // that no choice is ever lost
    private const double QuarterStep = 0.25;
    private const int MostOutside = 10;

    private readonly UnitCube _cube;
    private readonly int[] _numeric;
    private readonly Dictionary<int, double[]> _shares;

    public MixedDistribution(UnitCube cube, int[] numeric, CovarianceAdaptation normal)
    {
        (_cube, _numeric, Normal) = (cube, numeric, normal);
        _shares = Enumerable.Range(0, cube.Dimensions)
            .Where(dimension => !cube.IsOrdered(dimension) && cube.CountOf(dimension) > 1)
            .ToDictionary(dimension => dimension, dimension =>
            {
                var count = (int)cube.CountOf(dimension)!.Value;
                return Enumerable.Repeat(1.0 / count, count).ToArray();
            });
    }

    /// <summary>The part for numeric dimensions.</summary>
    public CovarianceAdaptation Normal { get; }

    /// <summary>Learns from a generation, the best first.</summary>
    public void Update(IReadOnlyList<Observation> generation)
    {
        double[][] points = [.. generation.Select(each => _cube.PointOf(each.Configuration, absent: double.NaN))];
        Normal.Update([.. points.Select(point => _numeric.Select(dimension => point[dimension]).ToArray())]);
        foreach (var (dimension, shares) in _shares)
        {
            double[] chosen = [.. points.Take(points.Length / 2).Select(point => point[dimension]).Where(double.IsFinite)];
            for (var choice = 0; choice < shares.Length && chosen.Length > 0; choice++)
            {
                var share = chosen.Count(each => (int)(each * shares.Length) == choice) / (double)chosen.Length;
                shares[choice] += NewShare * (share - shares[choice]);
            }
        }
    }

    /// <summary>A point in [0, 1)^d.</summary>
    public double[] Draw(KeyedStream random)
    {
        var point = new double[_cube.Dimensions];
        Array.Fill(point, UnitCube.Middle);
        var counter = 0UL;
        foreach (var (dimension, shares) in _shares)
            point[dimension] = (Choose(shares, random.Real(counter++)) + 0.5) / shares.Length;

        var drawn = Noisy(random, ref counter);
        for (var again = 0; again < MostOutside && Array.Exists(drawn, each => each is < 0 or >= 1); again++)
            drawn = Noisy(random, ref counter);
        for (var i = 0; i < _numeric.Length; i++)
            point[_numeric[i]] = Math.Clamp(drawn[i], 0, UnitCube.LargestBelowOne);
        return point;
    }

    private double[] Noisy(KeyedStream random, ref ulong counter)
    {
        var drawn = Normal.Draw(random, ref counter);
        for (var i = 0; i < drawn.Length; i++)
        {
            var least = QuarterStep * _cube.StepAt(_numeric[i], Math.Clamp(Normal.Mean[i], 0, UnitCube.LargestBelowOne));
            var missing = least * least - Normal.Deviation(i) * Normal.Deviation(i);
            if (missing > 0)
                drawn[i] += Math.Sqrt(missing) * random.Normal(ref counter);
        }

        return drawn;
    }

    private static int Choose(double[] shares, double drawn)
    {
        var (choice, sum) = (0, 0.0);
        for (; choice < shares.Length - 1; choice++)
        {
            sum += (1 - EvenShare) * shares[choice] + EvenShare / shares.Length;
            if (drawn < sum)
                break;
        }

        return choice;
    }
}

namespace Experiments.Samplers.GaussianProcesses;

/// <summary>A function's value at a point, and its gradient there.</summary>
internal delegate double Differentiable(ReadOnlySpan<double> point, Span<double> gradient);

/// <summary>
/// Finds a local minimum within bounds: limited-memory BFGS over the coordinates that are free, steps projected into the box
/// and halved until they descend enough.
/// </summary>
/// <remarks>Nocedal and Wright 2006, algorithms 7.4 and 3.1; the projection is that of Bertsekas 1982.</remarks>
internal sealed class BoxMinimizer(double[] lower, double[] upper)
{
    private const int Memory = 8;
    private const int Halvings = 12;
    private const double Armijo = 1e-4;

    private readonly List<(double[] Step, double[] Change, double Curvature)> _pairs = [];

    /// <summary>Length of the first step, which nothing is known about.</summary>
    public double FirstStep { get; init; } = 1;

    /// <summary>Relative decrease below which it ends.</summary>
    public double Tolerance { get; init; } = 1e-6;

    /// <summary>Goes downhill from a point that is then the best one found; the value there is returned.</summary>
    public double Descend(Differentiable function, double[] point, int iterations)
    {
        _pairs.Clear();
        var (gradient, nextGradient) = (new double[point.Length], new double[point.Length]);
        var next = new double[point.Length];
        var value = function(point, gradient);
        for (var iteration = 0; iteration < iterations; iteration++)
        {
            if (Direction(point, gradient) is not { } direction)
                break;
            if (Search(function, point, value, gradient, direction, next, nextGradient) is not { } lowered)
            {
                if (_pairs.Count == 0)
                    break;
                _pairs.Clear(); // the curvature seen so far may mislead: once more along the gradient
                continue;
            }

            Remember(point, gradient, next, nextGradient);
            var gain = value - lowered;
            next.CopyTo(point, 0);
            nextGradient.CopyTo(gradient, 0);
            value = lowered;
            if (gain < Tolerance * (1 + Math.Abs(value)))
                break;
        }

        return value;
    }

    /// <summary>Where to go; null where every coordinate is at rest or pressed against its bound.</summary>
    private double[]? Direction(double[] point, double[] gradient)
    {
        var free = new double[point.Length];
        for (var i = 0; i < point.Length; i++)
        {
            var pressed = (point[i] <= lower[i] && gradient[i] > 0) || (point[i] >= upper[i] && gradient[i] < 0);
            free[i] = pressed ? 0 : 1;
        }

        var direction = gradient.Zip(free, (slope, mask) => -slope * mask).ToArray();
        var steepest = Math.Sqrt(Product(direction, direction));
        if (!(steepest > 1e-10))
            return null;

        var alphas = new double[_pairs.Count];
        for (var i = _pairs.Count - 1; i >= 0; i--)
        {
            alphas[i] = Product(_pairs[i].Step, direction) / _pairs[i].Curvature;
            Add(direction, -alphas[i], _pairs[i].Change);
        }

        var scale = _pairs.Count == 0
            ? Math.Min(1, FirstStep / steepest)
            : _pairs[^1].Curvature / Product(_pairs[^1].Change, _pairs[^1].Change);
        for (var i = 0; i < direction.Length; i++)
            direction[i] *= scale;

        for (var i = 0; i < _pairs.Count; i++)
            Add(direction, alphas[i] - Product(_pairs[i].Change, direction) / _pairs[i].Curvature, _pairs[i].Step);

        for (var i = 0; i < direction.Length; i++)
            direction[i] *= free[i];
        if (Product(direction, gradient) < 0)
            return direction;

        _pairs.Clear();
        return Direction(point, gradient);
    }

    private double? Search(
        Differentiable function, double[] point, double value, double[] gradient, double[] direction, double[] next,
        double[] nextGradient)
    {
        var length = 1.0;
        for (var halving = 0; halving < Halvings; halving++, length *= 0.5)
        {
            var promised = 0.0;
            for (var i = 0; i < point.Length; i++)
            {
                next[i] = Math.Clamp(point[i] + length * direction[i], lower[i], upper[i]);
                promised += gradient[i] * (next[i] - point[i]);
            }

            Array.Clear(nextGradient);
            var there = function(next, nextGradient);
            if (there <= value + Armijo * promised && promised < 0)
                return there;
        }

        return null;
    }

    private void Remember(double[] point, double[] gradient, double[] next, double[] nextGradient)
    {
        var step = next.Zip(point, (to, from) => to - from).ToArray();
        var change = nextGradient.Zip(gradient, (to, from) => to - from).ToArray();
        var curvature = Product(step, change);
        if (curvature <= 1e-10 * Math.Sqrt(Product(step, step) * Product(change, change)))
            return;
        if (_pairs.Count == Memory)
            _pairs.RemoveAt(0);
        _pairs.Add((step, change, curvature));
    }

    private static double Product(double[] left, double[] right)
    {
        var sum = 0.0;
        for (var i = 0; i < left.Length; i++)
            sum += left[i] * right[i];
        return sum;
    }

    private static void Add(double[] to, double factor, double[] from)
    {
        for (var i = 0; i < to.Length; i++)
            to[i] += factor * from[i];
    }
}

namespace Experiments.Samplers.GaussianProcesses;

/// <summary>A function known at some points: normally distributed everywhere else, with constant mean before anything is known.</summary>
/// <remarks>Rasmussen and Williams 2006, algorithm 2.1; mean and variance by Jones, Schonlau, Welch 1998, equations 5 and 6.</remarks>
internal sealed class GaussianProcess
{
    /// <summary>Where correlations are not positive definite, noise grows from here.</summary>
    private const double LeastNoise = 1e-9;

    private const double MostNoise = 1e6;

    private const double LeastShare = 1e-14;

    private readonly Kernel _kernel;
    private readonly PointSet _points;
    private readonly CholeskyFactor _factor;
    private readonly double[] _weights; // R⁻¹(g - m), padded
    private readonly double[] _correlations;
    private readonly double[] _slopes;
    private readonly double[] _solutions;
    private readonly double _mean;
    private readonly double _variance;

    /// <summary>A process with these values at these points.</summary>
    /// <param name="kernel">Correlation of two points.</param>
    /// <param name="noise">Variance of what is added to each value, in units of the function's.</param>
    /// <param name="points">Where it is known, at least one.</param>
    /// <param name="values">What it is there.</param>
    /// <param name="prior">Whose mean and variance to take; by default those that fit best.</param>
    public GaussianProcess(Kernel kernel, double noise, PointSet points, ReadOnlySpan<double> values, GaussianProcess? prior = null)
    {
        (_kernel, _points) = (kernel, points);
        _factor = new CholeskyFactor(points.Count);
        _weights = new double[points.Stride];
        _slopes = new double[points.Stride];
        _correlations = new double[4 * points.Stride];
        _solutions = new double[4 * points.Stride];
        var correlations = Correlations();
        for (; !TryFactor(correlations, noise); noise = Math.Max(10 * noise, LeastNoise))
        {
            if (noise > MostNoise)
                throw new ArithmeticException("Correlations are not finite.");
        }

        var unit = new double[points.Stride];
        _factor.SolveLower(Enumerable.Repeat(1.0, points.Count).ToArray(), unit);
        _factor.SolveLower(values, _weights);
        _mean = prior?._mean
            ?? PaddedMatrix.Dot(ref unit[0], ref _weights[0], points.Count) / PaddedMatrix.Dot(ref unit[0], ref unit[0], points.Count);
        PaddedMatrix.Add(ref _weights[0], -_mean, ref unit[0], points.Count);
        var square = PaddedMatrix.Dot(ref _weights[0], ref _weights[0], points.Count) / points.Count;
        _variance = prior?._variance ?? (square > 0 ? square : 1);
        _factor.SolveUpper(_weights);

        Best = double.PositiveInfinity;
        for (var i = 0; i < points.Count; i++)
            Best = Math.Min(Best, values[i] - noise * _weights[i]);
    }

    /// <summary>The least mean at a point where it is known; without noise, the least value.</summary>
    public double Best { get; }

    /// <summary>Mean of the function at a point.</summary>
    public double Mean(ReadOnlySpan<double> point)
    {
        _kernel.Correlate(_points, _points.Stride, point, _correlations, _slopes);
        return _mean + PaddedMatrix.Dot(ref _weights[0], ref _correlations[0], _points.Stride);
    }

    /// <summary>Mean and standard deviation of the function, without noise, at four points in one pass.</summary>
    /// <param name="points">Four points.</param>
    /// <param name="means">Room for four.</param>
    /// <param name="deviations">Room for four.</param>
    public void PredictFour(ReadOnlySpan<double[]> points, Span<double> means, Span<double> deviations)
    {
        var stride = _points.Stride;
        for (var i = 0; i < 4; i++)
        {
            var correlations = _correlations.AsSpan(i * stride, stride);
            _kernel.Correlate(_points, stride, points[i], correlations, _slopes);
            means[i] = _mean + PaddedMatrix.Dot(ref _weights[0], ref correlations[0], stride);
        }

        _factor.SolveLowerFour(_correlations, _solutions);
        for (var i = 0; i < 4; i++)
            deviations[i] = Deviation(PaddedMatrix.Dot(ref _solutions[i * stride], ref _solutions[i * stride], stride));
    }

    /// <summary>Logarithm of the expected improvement on the best value at a point, to which its gradient in the point's reals is
    /// added.</summary>
    public double LogImprovement(ReadOnlySpan<double> point, Span<double> gradient)
    {
        var stride = _points.Stride;
        var mean = Mean(point);
        var solution = _solutions.AsSpan(0, stride);
        _factor.SolveLower(_correlations, solution);
        var deviation = Deviation(PaddedMatrix.Dot(ref solution[0], ref solution[0], stride));
        _factor.SolveUpper(solution);

        var improvement = LogExpectedImprovement.Of(mean, deviation, Best);
        var byVariance = improvement.ByDeviation * _variance / deviation;
        for (var i = 0; i < stride; i++)
            solution[i] = _slopes[i] * (improvement.ByMean * _weights[i] - byVariance * solution[i]);
        _kernel.AddDirections(_points, point, solution, gradient);
        return improvement.Value;
    }

    private double Deviation(double explained) => Math.Sqrt(_variance * Math.Max(1 - explained, LeastShare));

    private PaddedMatrix Correlations()
    {
        var correlations = new PaddedMatrix(_points.Count);
        var point = new double[_points.Reals + _points.Codes];
        for (var i = 0; i < _points.Count; i++)
        {
            _points.CopyTo(i, point);
            _kernel.Correlate(_points, i + 1, point, correlations[i], _slopes);
        }

        return correlations;
    }

    private bool TryFactor(PaddedMatrix correlations, double noise)
    {
        for (var i = 0; i < correlations.Size; i++)
            correlations[i][i] = 1 + noise;
        return _factor.TryFactor(correlations);
    }
}

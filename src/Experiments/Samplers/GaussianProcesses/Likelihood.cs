namespace Experiments.Samplers.GaussianProcesses;

/// <summary>
/// Minus the logarithm of the posterior density of hyperparameters, given values at points: the marginal likelihood of a
/// Gaussian process with constant mean and a variance that are at their best for these hyperparameters, of the warp that the
/// values go through, and the prior.
/// </summary>
/// <remarks>Rasmussen and Williams 2006, equations 5.8 and 5.9; the concentrated form is that of Jones, Schonlau, Welch 1998.
/// Up to a constant, <c>n/2 ln q + ½ ln det R - Σ ln warp'</c> with <c>q = (g - m)ᵀR⁻¹(g - m)</c> of the warped values g.</remarks>
internal sealed class Likelihood
{
    private readonly Hyperparameters _hyperparameters;
    private readonly PointSet _points;
    private readonly IReadOnlyList<double> _distances;
    private readonly PaddedMatrix _correlations;
    private readonly PaddedMatrix _slopes;
    private readonly PaddedMatrix _inverse;
    private readonly CholeskyFactor _factor;
    private readonly double[] _ones;
    private readonly double[] _warped;
    private readonly double[] _unit;
    private readonly double[] _residual;
    private readonly double[] _point;
    private readonly double[] _bySlope;
    private readonly double[] _byCorrelation;

    /// <summary>Of values, as their <see cref="LogWarp.Distances"/>, at points.</summary>
    public Likelihood(Hyperparameters hyperparameters, PointSet points, IReadOnlyList<double> distances)
    {
        (_hyperparameters, _points, _distances) = (hyperparameters, points, distances);
        (_correlations, _slopes, _inverse) = (new(points.Count), new(points.Count), new(points.Count));
        _factor = new CholeskyFactor(points.Count);
        _ones = [.. Enumerable.Repeat(1.0, points.Count)];
        _warped = new double[points.Stride];
        _unit = new double[points.Stride];
        _residual = new double[points.Stride];
        _bySlope = new double[points.Stride];
        _byCorrelation = new double[points.Stride];
        _point = new double[points.Reals + points.Codes];
    }

    /// <summary>The value, to which the gradient in the hyperparameters is added; infinite where the covariance of the points
    /// is not positive definite.</summary>
    public double Evaluate(ReadOnlySpan<double> values, Span<double> gradient)
    {
        var count = _points.Count;
        var kernel = new Kernel(values, _points.Reals, _points.Codes);
        var noise = Math.Exp(values[_hyperparameters.Noise]);
        var strength = Math.Exp(values[_hyperparameters.Warp]);
        Fill(kernel, noise);
        if (!_factor.TryFactor(_correlations))
            return double.PositiveInfinity;

        var logSlopes = 0.0;
        for (var i = 0; i < count; i++)
        {
            _warped[i] = LogWarp.Of(_distances[i], strength);
            logSlopes += LogWarp.LogSlope(_distances[i], strength);
        }

        var square = Solve();
        var scale = count / square;
        gradient[_hyperparameters.Noise] += noise * AddPairs(kernel, scale, gradient);
        for (var i = 0; i < count; i++)
        {
            var share = LogWarp.ByLogStrength(_distances[i], strength);
            gradient[_hyperparameters.Warp] += scale * _residual[i] * share - (1 - share);
        }

        return 0.5 * (count * Math.Log(square) + _factor.LogDeterminant) - logSlopes + _hyperparameters.Penalty(values, gradient);
    }

    private void Fill(Kernel kernel, double noise)
    {
        for (var i = 0; i < _points.Count; i++)
        {
            _points.CopyTo(i, _point);
            kernel.Correlate(_points, i + 1, _point, _correlations[i], _slopes[i]);
            _correlations[i][i] = 1 + noise;
        }
    }

    /// <summary>Makes <c>R⁻¹(g - m)</c>, m being the mean that fits best, and returns q.</summary>
    private double Solve()
    {
        _factor.SolveLower(_ones, _unit);
        _factor.SolveLower(_warped, _residual);
        var length = _points.Count;
        var mean = PaddedMatrix.Dot(ref _unit[0], ref _residual[0], length) / PaddedMatrix.Dot(ref _unit[0], ref _unit[0], length);
        PaddedMatrix.Add(ref _residual[0], -mean, ref _unit[0], length);
        var square = PaddedMatrix.Dot(ref _residual[0], ref _residual[0], length);
        _factor.SolveUpper(_residual);
        return square;
    }

    /// <summary>Adds the gradient in the kernel's hyperparameters, <c>½ tr((R⁻¹ - n/q ααᵀ) ∂R)</c>, and returns half the trace of
    /// that bracket, which the noise is multiplied by.</summary>
    private double AddPairs(Kernel kernel, double scale, Span<double> gradient)
    {
        _factor.Invert(_inverse);
        Array.Clear(_bySlope);
        Array.Clear(_byCorrelation);
        var trace = 0.0;
        for (var i = 0; i < _points.Count; i++)
        {
            var inverse = _inverse[i];
            var slopes = _slopes[i];
            var correlations = _correlations[i];
            for (var j = 0; j < i; j++)
            {
                var pair = inverse[j] - scale * _residual[i] * _residual[j];
                _bySlope[j] = pair * slopes[j];
                _byCorrelation[j] = pair * correlations[j];
            }

            // Rows grow, so that what stands beyond the end of this one is still zero.
            _points.CopyTo(i, _point);
            kernel.AddScales(_points, i, _point, _bySlope, _byCorrelation, gradient);
            trace += inverse[i] - scale * _residual[i] * _residual[i];
        }

        return 0.5 * trace;
    }
}

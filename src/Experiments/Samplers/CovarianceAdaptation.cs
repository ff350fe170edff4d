namespace Experiments.Samplers;

/// <summary>
/// The normal distribution of CMA-ES: mean m, step σ and covariance C = AAᵀ with A lower triangular. Learning from points that
/// others drew is allowed: such a step is shortened to what the distribution could have drawn itself.
/// </summary>
/// <remarks>Hansen 2016, arXiv:1604.00772, table 1 with positive weights only; with A in the place of C^(1/2) after Suttorp,
/// Hansen and Igel 2009; shortened steps after Hansen 2011, "Injecting external solutions into CMA-ES", arXiv:1110.4181.</remarks>
internal sealed class CovarianceAdaptation
{
    private readonly int _n;
    private readonly double[] _weights;
    private readonly double _effective, _stepRate, _stepDamping, _pathRate, _rankOneRate, _rankManyRate, _expectedLength, _longest;
    private readonly double[] _stepPath, _path;
    private readonly double[,] _covariance;
    private double[,] _factor;
    private int _generations;

    /// <param name="mean">Where it starts.</param>
    /// <param name="step">Standard deviation at the start.</param>
    /// <param name="population">Points of a generation, at least 2.</param>
    public CovarianceAdaptation(double[] mean, double step, int population)
    {
        (Mean, Step, Population, _n) = ([.. mean], step, population, mean.Length);
        double n = Math.Max(1, _n);
        double[] raw = [.. Enumerable.Range(1, population / 2).Select(rank => Math.Log((population + 1) / 2.0) - Math.Log(rank))];
        _weights = [.. raw.Select(weight => weight / raw.Sum())];
        _effective = 1 / _weights.Sum(weight => weight * weight);
        _stepRate = (_effective + 2) / (n + _effective + 5);
        _stepDamping = 1 + 2 * Math.Max(0, Math.Sqrt((_effective - 1) / (n + 1)) - 1) + _stepRate;
        _pathRate = (4 + _effective / n) / (n + 4 + 2 * _effective / n);
        _rankOneRate = 2 / ((n + 1.3) * (n + 1.3) + _effective);
        _rankManyRate = Math.Min(1 - _rankOneRate, 2 * (_effective - 2 + 1 / _effective) / ((n + 2) * (n + 2) + _effective));
        _expectedLength = Math.Sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));
        _longest = Math.Sqrt(n) + 2 * n / (n + 2);
        (_stepPath, _path) = (new double[_n], new double[_n]);
        (_covariance, _factor) = (Identity(), Identity());
    }

    /// <summary>Points of a generation.</summary>
    public int Population { get; }

    public double[] Mean { get; }

    public double Step { get; private set; }

    /// <summary>The largest standard deviation of a coordinate.</summary>
    public double LargestDeviation => Enumerable.Range(0, _n).Select(Deviation).DefaultIfEmpty(0).Max();

    /// <summary>Standard deviation of a coordinate.</summary>
    public double Deviation(int dimension) => Step * Math.Sqrt(_covariance[dimension, dimension]);

    /// <summary>A point of the distribution.</summary>
    public double[] Draw(KeyedStream random, ref ulong counter)
    {
        var normal = new double[_n];
        for (var i = 0; i < _n; i++)
            normal[i] = random.Normal(ref counter);
        var point = new double[_n];
        for (var i = 0; i < _n; i++)
        {
            point[i] = Mean[i];
            for (var j = 0; j <= i; j++)
                point[i] += Step * _factor[i, j] * normal[j];
        }

        return point;
    }

    /// <summary>Learns from a generation.</summary>
    /// <param name="points">As many as the population, the best first; a coordinate that is not a number says nothing.</param>
    public void Update(IReadOnlyList<double[]> points)
    {
        _generations++;
        double[][] steps = [.. points.Take(_weights.Length).Select(StepTo)];
        var mean = Combined(steps);
        for (var i = 0; i < _n; i++)
            Mean[i] += Step * mean[i];

        var white = Solve(mean);
        var kept = Math.Sqrt(_stepRate * (2 - _stepRate) * _effective);
        for (var i = 0; i < _n; i++)
            _stepPath[i] = (1 - _stepRate) * _stepPath[i] + kept * white[i];

        // A path that grew too fast says only that the step is too short.
        var length = Math.Sqrt(_stepPath.Sum(each => each * each));
        var usual = Math.Sqrt(1 - Math.Pow(1 - _stepRate, 2 * _generations)) * (1.4 + 2 / (_n + 1.0)) * _expectedLength;
        var isUsual = length < usual;
        var keptPath = isUsual ? Math.Sqrt(_pathRate * (2 - _pathRate) * _effective) : 0;
        for (var i = 0; i < _n; i++)
            _path[i] = (1 - _pathRate) * _path[i] + keptPath * mean[i];

        var lost = isUsual ? 0 : _rankOneRate * _pathRate * (2 - _pathRate);
        for (var i = 0; i < _n; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                var many = 0.0;
                for (var rank = 0; rank < _weights.Length; rank++)
                    many += _weights[rank] * steps[rank][i] * steps[rank][j];
                _covariance[i, j] = (1 - _rankOneRate - _rankManyRate + lost) * _covariance[i, j]
                    + _rankOneRate * _path[i] * _path[j] + _rankManyRate * many;
                _covariance[j, i] = _covariance[i, j];
            }
        }

        Step = Math.Min(1, Step * Math.Exp(Math.Min(1, _stepRate / _stepDamping * (length / _expectedLength - 1))));
        _factor = Factor();
    }

    /// <summary>From the mean to a point in units of the step, and not longer than a draw could be.</summary>
    private double[] StepTo(double[] point)
    {
        var step = new double[_n];
        for (var i = 0; i < _n; i++)
            step[i] = double.IsFinite(point[i]) ? (point[i] - Mean[i]) / Step : 0;
        var length = Math.Sqrt(Solve(step).Sum(each => each * each));
        if (length > _longest)
        {
            for (var i = 0; i < _n; i++)
                step[i] *= _longest / length;
        }

        return step;
    }

    private double[] Combined(double[][] steps)
    {
        var sum = new double[_n];
        for (var rank = 0; rank < steps.Length; rank++)
        {
            for (var i = 0; i < _n; i++)
                sum[i] += _weights[rank] * steps[rank][i];
        }

        return sum;
    }

    /// <summary>A⁻¹y.</summary>
    private double[] Solve(double[] y)
    {
        var solved = new double[_n];
        for (var i = 0; i < _n; i++)
        {
            solved[i] = y[i];
            for (var j = 0; j < i; j++)
                solved[i] -= _factor[i, j] * solved[j];
            solved[i] /= _factor[i, i];
        }

        return solved;
    }

    /// <summary>Cholesky's factor. A pivot that rounding made too small is lifted.</summary>
    private double[,] Factor()
    {
        const double smallest = 1e-20;
        var factor = new double[_n, _n];
        for (var i = 0; i < _n; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                var sum = _covariance[i, j];
                for (var k = 0; k < j; k++)
                    sum -= factor[i, k] * factor[j, k];
                factor[i, j] = i == j ? Math.Sqrt(Math.Max(sum, smallest)) : sum / factor[j, j];
            }
        }

        return factor;
    }

    private double[,] Identity()
    {
        var identity = new double[_n, _n];
        for (var i = 0; i < _n; i++)
            identity[i, i] = 1;
        return identity;
    }
}

using MathNet.Numerics;

namespace Experiments.Samplers.GaussianProcesses;

/// <summary>
/// What a Gaussian process is fitted by, as one vector of logarithms: the kernel's scales, then the variance of noise in units
/// of the function's, then the strength of <see cref="LogWarp"/>. Mean and variance follow from these in closed form.
/// </summary>
internal sealed class Hyperparameters
{
    // Medians and spreads of the log-normal priors. Lengths grow with the root of the dimension, as distances do
    // (Hvarfner, Hellsten, Nardi 2024, Vanilla Bayesian optimization performs great in high dimensions, arXiv:2402.02229).
    private const double Length = 0.5, LengthSpread = 1;
    private const double Weight = 0.5, WeightSpread = 1;
    private const double NoiseVariance = 1e-5, NoiseSpread = 3;
    private const double Strength = 1, StrengthSpread = 1.5;

    private readonly double[] _means;
    private readonly double[] _spreads;

    /// <summary>The hyperparameters of a process over points of that many reals and codes.</summary>
    public Hyperparameters(int reals, int codes)
    {
        (Reals, Codes) = (reals, codes);
        var length = Length * Math.Sqrt(Math.Max(1, reals));
        _means = Each(length, Weight, NoiseVariance, Strength);
        _spreads = Each(LengthSpread, WeightSpread, NoiseSpread, StrengthSpread, logarithm: false);
        Lower = Each(0.01, 1e-3, 1e-9, 1e-3);
        Upper = Each(50, 10, 2, 1e3);
        // A smooth function, a wrinkled one, and one that is mostly noise.
        Starts = [_means, Each(0.4 * length, 2 * Weight, 1e-7, 4 * Strength), Each(length, Weight, 0.2, 0.5 * Strength)];
    }

    /// <summary>How many reals the points have.</summary>
    public int Reals { get; }

    /// <summary>How many codes the points have.</summary>
    public int Codes { get; }

    /// <summary>How many there are.</summary>
    public int Count => Reals + Codes + 2;

    /// <summary>Where the noise stands.</summary>
    public int Noise => Reals + Codes;

    /// <summary>Where the strength of the warp stands.</summary>
    public int Warp => Reals + Codes + 1;

    /// <summary>Least values.</summary>
    public double[] Lower { get; }

    /// <summary>Largest values.</summary>
    public double[] Upper { get; }

    /// <summary>Where a search begins, the prior's medians first.</summary>
    public IReadOnlyList<double[]> Starts { get; }

    /// <summary>Minus the logarithm of the prior, whose gradient is added.</summary>
    public double Penalty(ReadOnlySpan<double> values, Span<double> gradient)
    {
        var sum = 0.0;
        for (var i = 0; i < values.Length; i++)
        {
            var distance = (values[i] - _means[i]) / _spreads[i];
            sum += 0.5 * distance * distance + Constants.LogSqrt2Pi + Math.Log(_spreads[i]);
            gradient[i] += distance / _spreads[i];
        }

        return sum;
    }

    private double[] Each(double length, double weight, double noise, double strength, bool logarithm = true)
    {
        double[] values = [.. Enumerable.Repeat(length, Reals), .. Enumerable.Repeat(weight, Codes), noise, strength];
        return logarithm ? [.. values.Select(value => Math.Log(value))] : values;
    }
}

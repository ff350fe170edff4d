namespace Experiments.Samplers.ParzenEstimators;

/// <summary>One column of an estimator: a kernel for each of its observations.</summary>
internal abstract class Kernels
{
    /// <summary>Takes the observations, and adds the logarithm of each kernel's height.</summary>
    /// <param name="coordinates">One an observation.</param>
    /// <param name="factor">What the bandwidth of Scott's rule is multiplied by.</param>
    /// <param name="dimensions">How many columns the estimator has.</param>
    /// <param name="logHeights">One an observation; more are left alone.</param>
    public abstract void Fit(ReadOnlySpan<double> coordinates, double factor, int dimensions, Span<double> logHeights);

    /// <summary>Adds the logarithm of each kernel at a coordinate, short of its height.</summary>
    /// <param name="exponents">One an observation, filled up to a multiple of four.</param>
    /// <param name="coordinate">Where.</param>
    public abstract void AddAt(double coordinate, Span<double> exponents);

    /// <summary>Draws from the kernel of an observation.</summary>
    public abstract double Draw(int observation, KeyedDraws draws);
}

namespace Experiments.Samplers.ParzenEstimators;

/// <summary>
/// How wide a kernel is on the unit interval: the deviation of the observations, times n^(-1/(d + 4)) for n observations in
/// d dimensions (Scott 1992). The prior counts as one more observation, with its mean 1/2 and variance 1/12: one
/// observation alone has a width, and observations that coincide are not taken for certainty.
/// </summary>
internal static class ScottRule
{
    /// <summary>The bandwidth for observations at these places.</summary>
    /// <param name="places">Places in [0, 1].</param>
    /// <param name="factor">What the rule's width is multiplied by.</param>
    /// <param name="dimensions">Over how many parameters the kernels are products.</param>
    public static double Of(ReadOnlySpan<double> places, double factor, int dimensions)
    {
        const double priorMean = 0.5;
        const double priorVariance = 1.0 / 12;
        var mean = priorMean;
        foreach (var place in places)
            mean += place;
        mean /= places.Length + 1;

        var squares = priorVariance + ((mean - priorMean) * (mean - priorMean));
        foreach (var place in places)
            squares += (place - mean) * (place - mean);
        return factor * Math.Sqrt(squares / (places.Length + 1)) * Math.Pow(Math.Max(1, places.Length), -1.0 / (dimensions + 4));
    }
}

namespace Experiments.Comparison;

/// <summary>Holm's step-down correction for several comparisons.</summary>
/// <remarks>Holm 1979, "A simple sequentially rejective multiple test procedure".</remarks>
internal static class Holm
{
    /// <summary>The corrected p-values, in the order of the given ones.</summary>
    public static double[] Correct(IReadOnlyList<double> pValues)
    {
        var corrected = new double[pValues.Count];
        var running = 0.0;
        var remaining = pValues.Count;
        foreach (var index in Enumerable.Range(0, pValues.Count).OrderBy(index => pValues[index]))
        {
            running = Math.Max(running, Math.Min(1, pValues[index] * remaining--));
            corrected[index] = running;
        }

        return corrected;
    }
}

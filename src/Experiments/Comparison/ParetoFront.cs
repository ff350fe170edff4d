namespace Experiments.Comparison;

/// <summary>The points that no other point beats.</summary>
internal static class ParetoFront
{
    /// <summary>For each point whether it is on the front. Every coordinate counts as better when it is lower.</summary>
    public static bool[] Of(IReadOnlyList<double[]> points) =>
        [.. points.Select(point => !points.Any(other => Dominates(other, point)))];

    private static bool Dominates(double[] left, double[] right) =>
        left.Zip(right).All(pair => pair.First <= pair.Second) && left.Zip(right).Any(pair => pair.First < pair.Second);
}

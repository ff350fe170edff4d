namespace Experiments.Samplers.GaussianProcesses;

/// <summary>
/// Values on a scale on which a Gaussian process fits them: <c>ln(1 + κz)</c>, where z is the distance from the best value in
/// units of the median one. κ → 0 leaves them as they are; a large κ spreads the good ones and draws the bad ones
/// together, so that a few that are a thousand times worse do not flatten all others.
/// </summary>
/// <remarks>κ is found by likelihood, like a hyperparameter of the kernel: Snelson, Rasmussen, Ghahramani 2004, Warped
/// Gaussian processes.</remarks>
internal static class LogWarp
{
    /// <summary>Beyond this many median distances all values are equally bad.</summary>
    private const double Ceiling = 1000;

    /// <summary>Distances from the best value in units of the median distance.</summary>
    public static double[] Distances(IReadOnlyList<double> values)
    {
        var best = values.Min();
        // Halved, for the distance of two finite numbers need not be one.
        var distances = values.Select(value => 0.5 * value - 0.5 * best).ToArray();
        var unit = distances.Order().ElementAt(distances.Length / 2);
        if (unit == 0)
            unit = distances.Where(distance => distance > 0).DefaultIfEmpty(1).Min();
        return [.. distances.Select(distance => Math.Min(distance / unit, Ceiling))];
    }

    /// <summary>The warped distance.</summary>
    public static double Of(double distance, double strength) => Math.Log(1 + strength * distance);

    /// <summary>Its derivative in the logarithm of the strength.</summary>
    public static double ByLogStrength(double distance, double strength) => strength * distance / (1 + strength * distance);

    /// <summary>Logarithm of its derivative in the distance.</summary>
    public static double LogSlope(double distance, double strength) => Math.Log(strength / (1 + strength * distance));
}

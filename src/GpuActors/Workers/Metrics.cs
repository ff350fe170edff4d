using System.Collections.Immutable;

namespace GpuActors.Workers;

/// <summary>Metrics in the order in which they are recorded.</summary>
internal static class Metrics
{
    /// <summary>By name.</summary>
    public static ImmutableSortedDictionary<string, double> Sorted(IEnumerable<KeyValuePair<string, double>> metrics) =>
        metrics.ToImmutableSortedDictionary(StringComparer.Ordinal);
}

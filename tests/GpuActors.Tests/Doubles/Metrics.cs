using System.Collections.Immutable;

namespace GpuActors.Tests.Doubles;

internal static class Metrics
{
    public static ImmutableSortedDictionary<string, double> ToSortedMetrics(this IReadOnlyDictionary<string, double> values) =>
        values.ToImmutableSortedDictionary(StringComparer.Ordinal);
}

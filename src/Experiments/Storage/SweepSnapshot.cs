using System.Collections.Immutable;
using System.Text.Json;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Experiments.Storage;

/// <summary>A sweep as it stands at one moment.</summary>
/// <param name="Summary">Its line in the list.</param>
/// <param name="Spec">Its specification, extensions included.</param>
/// <param name="Trials">Its trials in order of number.</param>
/// <param name="WaitingFor">Why trials wait, as far as it is known.</param>
public sealed record SweepSnapshot(
    SweepSummary Summary, SweepSpec Spec, IReadOnlyList<TrialRow> Trials, ImmutableDictionary<TrialId, string> WaitingFor);

/// <summary>How a store's contents go from the process that owns it to one that asks.</summary>
public static class SnapshotJson
{
    /// <summary>The list of sweeps.</summary>
    public static byte[] Write(IReadOnlyList<SweepSummary> sweeps) =>
        JsonSerializer.SerializeToUtf8Bytes([.. sweeps], StoreContext.Default.SweepSummaryArray);

    /// <summary>One sweep.</summary>
    public static byte[] Write(SweepSnapshot sweep) => JsonSerializer.SerializeToUtf8Bytes(sweep, StoreContext.Default.SweepSnapshot);

    /// <summary>What <see cref="Write(IReadOnlyList{SweepSummary})"/> wrote.</summary>
    /// <exception cref="JsonException">When it is not that.</exception>
    public static IReadOnlyList<SweepSummary> ReadList(ReadOnlySpan<byte> text) =>
        JsonSerializer.Deserialize(text, StoreContext.Default.SweepSummaryArray) ?? [];

    /// <summary>What <see cref="Write(SweepSnapshot)"/> wrote.</summary>
    /// <exception cref="JsonException">When it is not that.</exception>
    public static SweepSnapshot Read(ReadOnlySpan<byte> text) =>
        JsonSerializer.Deserialize(text, StoreContext.Default.SweepSnapshot) ?? throw new JsonException("The text is null, not a sweep.");
}

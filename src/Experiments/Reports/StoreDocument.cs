using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Serialization;

namespace Experiments.Reports;

/// <summary>What came out when sweeps were recomputed from their events.</summary>
public sealed record StoreDocument(ImmutableArray<VerifiedSweep> Sweeps)
{
    /// <summary>Form of this document.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema { get; } = "orchestrator/store/1";
}

/// <summary>A sweep that was recomputed.</summary>
/// <param name="Sweep">Its name.</param>
/// <param name="Events">Recorded events.</param>
/// <param name="Trials">Trials, preparations included.</param>
/// <param name="Suggestions">Configurations that were drawn again.</param>
/// <param name="Decisions">Promotions and prunings that were decided again.</param>
/// <param name="Disagreements">What came out otherwise, a sentence each.</param>
public sealed record VerifiedSweep(
    string Sweep, int Events, int Trials, int Suggestions, int Decisions, ImmutableArray<string> Disagreements);

/// <summary>What came out, as a table.</summary>
public static class StoreTables
{
    /// <summary>A row for each sweep, what disagrees below.</summary>
    public static IEnumerable<ReportTable> Of(StoreDocument store) =>
    [
        new ReportTable
        {
            Columns =
            [
                new("sweep"), new("events", Alignment.Right), new("trials", Alignment.Right),
                new("drawn again", Alignment.Right), new("decided again", Alignment.Right), new("disagree", Alignment.Right),
            ],
            Rows = [.. store.Sweeps.Select(Row)],
            Notes = [.. store.Sweeps.SelectMany(sweep => sweep.Disagreements.Select(line => $"{sweep.Sweep}: {line}"))],
        },
    ];

    private static ImmutableArray<Cell> Row(VerifiedSweep sweep) =>
    [
        sweep.Sweep, Text(sweep.Events), Text(sweep.Trials), Text(sweep.Suggestions), Text(sweep.Decisions),
        new Cell(Text(sweep.Disagreements.Length), sweep.Disagreements.IsEmpty ? Tone.Plain : Tone.Bad),
    ];

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

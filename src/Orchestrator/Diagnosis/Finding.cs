using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Experiments.Reports;

namespace Orchestrator.Diagnosis;

/// <summary>What one check of <c>doctor</c> found.</summary>
/// <param name="Subject">What was looked at.</param>
/// <param name="Health">How it is.</param>
/// <param name="Detail">What was seen.</param>
/// <param name="Remedy">What to do, where something is not well.</param>
internal sealed record Finding(string Subject, Health Health, string Detail, string? Remedy = null);

/// <summary>How something is.</summary>
internal enum Health
{
    /// <summary>Well.</summary>
    Ok,

    /// <summary>It will do, with a drawback.</summary>
    Warn,

    /// <summary>A sweep cannot run like this.</summary>
    Fail,
}

/// <summary>All findings.</summary>
internal sealed record DoctorDocument(ImmutableArray<Finding> Findings)
{
    private static readonly DoctorJsonContext Context = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter<Health>(JsonNamingPolicy.SnakeCaseLower) },
    });

    /// <summary>Name and version of the JSON form; within a version fields are only added.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema { get; } = "orchestrator/doctor/1";

    /// <summary>The document as JSON.</summary>
    public static string Json(DoctorDocument document) => JsonSerializer.Serialize(document, Context.DoctorDocument);

    /// <summary>The document as a table, remedies beneath.</summary>
    public static IEnumerable<ReportTable> Draw(DoctorDocument document)
    {
        yield return new ReportTable
        {
            Columns = [new(""), new("what"), new("found", Overflow: Overflow.Wrap)],
            Rows = [.. document.Findings.Select(Row)],
            Notes =
            [
                .. document.Findings.Where(finding => finding.Remedy is not null).Select(finding => $"{finding.Subject}: {finding.Remedy}"),
            ],
        };
    }

    private static ImmutableArray<Cell> Row(Finding finding) =>
    [
        new Cell(SnakeCase.Of(finding.Health), finding.Health switch
        {
            Health.Ok => Tone.Plain,
            Health.Warn => Tone.Strong,
            _ => Tone.Bad,
        }),
        finding.Subject,
        finding.Detail,
    ];
}

[JsonSerializable(typeof(DoctorDocument))]
internal sealed partial class DoctorJsonContext : JsonSerializerContext;

using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Adapters.Verification;

namespace Orchestrator.Terminal;

/// <summary>What became of golden cases, in words and as JSON.</summary>
internal static class VerificationText
{
    private static readonly VerificationJsonContext Context = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, // a NaN in a tensor is an infinite deviation
        Converters = { new JsonStringEnumConverter<CaseOutcome>(JsonNamingPolicy.SnakeCaseLower) },
    });

    /// <summary>The line of a case.</summary>
    public static string Line(CaseResult result)
    {
        string?[] worst = [Worst("output", result.WorstOutput), Worst("gradient", result.WorstGradient)];
        var detail = result.Reason ?? string.Join(", ", worst.OfType<string>()); // a reason names the worst itself
        return $"{Word(result.Outcome),-11}  {result.Case}  {detail}".TrimEnd();
    }

    /// <summary>The last line.</summary>
    public static string Summary(IReadOnlyCollection<CaseResult> results)
    {
        int Count(CaseOutcome outcome) => results.Count(result => result.Outcome == outcome);
        var cases = results.Count == 1 ? "1 case" : $"{results.Count} cases";
        return $"{cases}: {Count(CaseOutcome.Passed)} pass, {Count(CaseOutcome.Failed)} fail, "
            + $"{Count(CaseOutcome.Unsupported)} unsupported.";
    }

    /// <summary>All cases as one document.</summary>
    public static string Json(string folder, IEnumerable<CaseResult> results) =>
        JsonSerializer.Serialize(new VerificationDocument(folder, [.. results]), Context.VerificationDocument);

    private static string Word(CaseOutcome outcome) => outcome switch
    {
        CaseOutcome.Passed => "pass",
        CaseOutcome.Failed => "fail",
        _ => "unsupported",
    };

    private static string? Worst(string what, Deviation? deviation) =>
        deviation is null ? null : $"{what} {deviation.Tensor} {deviation.Share:0.###} of tolerance";
}

/// <summary>Verified cases as JSON.</summary>
internal sealed record VerificationDocument(string Folder, ImmutableArray<CaseResult> Cases)
{
    /// <summary>Name and version of the JSON form.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema { get; } = "orchestrator/verify/1";
}

[JsonSerializable(typeof(VerificationDocument))]
internal sealed partial class VerificationJsonContext : JsonSerializerContext;

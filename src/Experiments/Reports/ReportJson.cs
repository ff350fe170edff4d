using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Experiments.Asking;
using Experiments.Comparison;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Experiments.Reports;

/// <summary>Documents as JSON: snake case, full precision, seconds, bytes, UTC, names of states and causes in lower case,
/// trials as <c>t12</c>. The same text in every place that shows a document.</summary>
public static class ReportJson
{
    private static readonly ReportJsonContext Context = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // read by people in a terminal; never put into a page as script
        Converters =
        {
            new SecondsConverter(),
            new TrialNameConverter(),
            new AttemptNameConverter(),
            new JsonStringEnumConverter<AskVerdict>(JsonNamingPolicy.SnakeCaseLower),
            new JsonStringEnumConverter<TellVerdict>(JsonNamingPolicy.SnakeCaseLower),
            new JsonStringEnumConverter<TrialState>(JsonNamingPolicy.SnakeCaseLower),
            new JsonStringEnumConverter<FailureCause>(JsonNamingPolicy.SnakeCaseLower),
            new JsonStringEnumConverter<BudgetKind>(JsonNamingPolicy.SnakeCaseLower),
            new JsonStringEnumConverter<IntervalKind>(JsonNamingPolicy.SnakeCaseLower),
            new JsonStringEnumConverter<OptionKind>(JsonNamingPolicy.SnakeCaseLower),
            new JsonStringEnumConverter<Verdict>(JsonNamingPolicy.SnakeCaseLower),
            new JsonStringEnumConverter<ClaimVerdict>(JsonNamingPolicy.SnakeCaseLower),
        },
    });

    /// <summary>A comparison, <c>orchestrator/compare/1</c>.</summary>
    public static string Of(SweepComparison comparison) => JsonSerializer.Serialize(comparison, Context.SweepComparison);

    /// <summary>What became of claims, <c>orchestrator/reproduce/1</c>.</summary>
    public static string Of(Reproduction reproduction) => JsonSerializer.Serialize(reproduction, Context.Reproduction);

    /// <summary>Best-of-k curves, <c>orchestrator/best-of/1</c>.</summary>
    public static string Of(BestOf bestOf) => JsonSerializer.Serialize(bestOf, Context.BestOf);

    /// <summary>Importance of parameters, <c>orchestrator/importance/1</c>.</summary>
    public static string Of(ParameterImportance importance) => JsonSerializer.Serialize(importance, Context.ParameterImportance);

    /// <summary>Results, <c>orchestrator/results/1</c>.</summary>
    public static string Of(ResultsDocument results) => JsonSerializer.Serialize(results, Context.ResultsDocument);

    /// <summary>Where sweeps stand, <c>orchestrator/status/1</c>.</summary>
    public static string Of(StatusDocument status) => JsonSerializer.Serialize(status, Context.StatusDocument);

    /// <summary>Methods, <c>orchestrator/methods/1</c>.</summary>
    public static string Of(MethodsDocument methods) => JsonSerializer.Serialize(methods, Context.MethodsDocument);

    /// <summary>Tasks, <c>orchestrator/tasks/1</c>.</summary>
    public static string Of(TasksDocument tasks) => JsonSerializer.Serialize(tasks, Context.TasksDocument);

    /// <summary>A plan, <c>orchestrator/plan/1</c>.</summary>
    public static string Of(PlanDocument plan) => JsonSerializer.Serialize(plan, Context.PlanDocument);

    /// <summary>What verifying a store found, <c>orchestrator/store/1</c>.</summary>
    public static string Of(StoreDocument store) => JsonSerializer.Serialize(store, Context.StoreDocument);

    /// <summary>Why a trial is there, <c>orchestrator/suggest-why/1</c>.</summary>
    public static string Of(OriginDocument origin) => JsonSerializer.Serialize(origin, Context.OriginDocument);

    /// <summary>What somebody who asked is to do, <c>orchestrator/ask/1</c>.</summary>
    public static string Of(AskAnswer answer) => JsonSerializer.Serialize(answer, Context.AskAnswer);

    /// <summary>What somebody who told is to do, <c>orchestrator/tell/1</c>.</summary>
    public static string Of(TellAnswer answer) => JsonSerializer.Serialize(answer, Context.TellAnswer);

    /// <summary>What <see cref="Of(AskAnswer)"/> wrote.</summary>
    /// <exception cref="JsonException">When it is not that.</exception>
    public static AskAnswer ReadAsk(string text) => JsonSerializer.Deserialize(text, Context.AskAnswer)!;

    /// <summary>What <see cref="Of(TellAnswer)"/> wrote.</summary>
    /// <exception cref="JsonException">When it is not that.</exception>
    public static TellAnswer ReadTell(string text) => JsonSerializer.Deserialize(text, Context.TellAnswer)!;

    private sealed class SecondsConverter : JsonConverter<TimeSpan>
    {
        public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            TimeSpan.FromSeconds(reader.GetDouble());

        public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
            writer.WriteNumberValue(value.TotalSeconds);
    }

    /// <summary>Trials are named to people as they are on the command line; the store keeps the number.</summary>
    private sealed class TrialNameConverter : JsonConverter<TrialId>
    {
        public override TrialId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new(int.Parse(reader.GetString().AsSpan(1), provider: null));

        public override void Write(Utf8JsonWriter writer, TrialId value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString());
    }

    /// <summary>Attempts as <c>t12.2</c>.</summary>
    private sealed class AttemptNameConverter : JsonConverter<AttemptId>
    {
        public override AttemptId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var text = reader.GetString()!;
            var dot = text.IndexOf('.', StringComparison.Ordinal);
            return new(new TrialId(int.Parse(text.AsSpan(1, dot - 1), provider: null)), int.Parse(text.AsSpan(dot + 1), provider: null));
        }

        public override void Write(Utf8JsonWriter writer, AttemptId value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString());
    }
}

[JsonSerializable(typeof(AskAnswer))]
[JsonSerializable(typeof(TellAnswer))]
[JsonSerializable(typeof(SweepComparison))]
[JsonSerializable(typeof(Reproduction))]
[JsonSerializable(typeof(BestOf))]
[JsonSerializable(typeof(ParameterImportance))]
[JsonSerializable(typeof(ResultsDocument))]
[JsonSerializable(typeof(StatusDocument))]
[JsonSerializable(typeof(PlanDocument))]
[JsonSerializable(typeof(StoreDocument))]
[JsonSerializable(typeof(OriginDocument))]
[JsonSerializable(typeof(MethodsDocument))]
[JsonSerializable(typeof(TasksDocument))]
[JsonSerializable(typeof(ParameterValue))]
[JsonSerializable(typeof(ImmutableArray<OptionDescription>))]
[JsonSerializable(typeof(ImmutableArray<string>))]
[JsonSerializable(typeof(ImmutableArray<int>))]
[JsonSerializable(typeof(Dictionary<string, ParameterValue>))]
internal sealed partial class ReportJsonContext : JsonSerializerContext;

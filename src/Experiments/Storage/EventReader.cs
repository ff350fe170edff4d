using System.Text.Json;
using Experiments.Trials;

namespace Experiments.Storage;

/// <summary>
/// Reads the events of a batch. Those that every trial consists of are read without the serializer, in the very form in which it
/// writes them, which makes the reading of a large store several times as fast. Whatever looks otherwise goes to the serializer,
/// which also says what is wrong with it.
/// </summary>
internal static class EventReader
{
    /// <summary>All events of a batch.</summary>
    /// <exception cref="JsonException">When they cannot be understood.</exception>
    public static List<StoredEvent> Read(ReadOnlySpan<byte> json)
    {
        var events = new List<StoredEvent>();
        var texts = new string?[EventFields.Texts];
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            var fields = new EventFields(reader, texts);
            if (Known(ref fields) is { } known)
            {
                events.Add(known);
                reader = fields.Reader;
            }
            else
            {
                events.Add(JsonSerializer.Deserialize(ref reader, StoreContext.Default.StoredEvent)!);
            }
        }

        return reader.TokenType == JsonTokenType.EndArray && !reader.Read()
            ? events
            : [.. JsonSerializer.Deserialize(json, StoreContext.Default.StoredEventArray) ?? throw new JsonException("There is no list.")];
    }

    /// <summary>The event at whose beginning its fields stand, and they at its end; null where the serializer has to read it.</summary>
    internal static StoredEvent? Known(ref EventFields fields)
    {
        fields.Enter();
        var time = fields.Time("time"u8);
        fields.Enter("event"u8);
        var recorded = Event(ref fields);
        fields.Leave();
        fields.End();
        return recorded is not null && fields.AreKnown ? new StoredEvent(time, recorded) : null;
    }

    private static SweepEvent? Event(ref EventFields fields) => fields.Text("type"u8) switch
    {
        "trial-created" => new SweepEvent.TrialCreated(
            fields.Trial(), Work(ref fields), fields.Trials("needs"u8), fields.FlagOrNone("held"u8)),
        "trial-leased" => new SweepEvent.TrialLeased(
            fields.Attempt(), fields.Text("worker"u8), fields.Text("device"u8), fields.Text("node"u8), fields.DurationOrNone("lease"u8)),
        "trial-promoted" => new SweepEvent.TrialPromoted(fields.Trial()),
        "attempt-started" => new SweepEvent.AttemptStarted(
            fields.Attempt(), fields.Long("sequence"u8), fields.Int("process_id"u8), fields.Int("from_step"u8)),
        "metric-reported" => new SweepEvent.MetricReported(
            fields.Attempt(), fields.Long("sequence"u8), fields.Int("step"u8), fields.Values("values"u8)),
        "checkpoint-saved" => new SweepEvent.CheckpointSaved(
            fields.Attempt(), fields.Long("sequence"u8), fields.Int("step"u8), fields.Text("folder"u8), fields.Long("bytes"u8)),
        "attempt-ended" => new SweepEvent.AttemptEnded(
            fields.Attempt(), fields.Long("sequence"u8), Outcome(ref fields), fields.Duration("elapsed"u8)),
        "trial-ended" => new SweepEvent.TrialEnded(fields.Trial(), Completed(ref fields), Cause: null, Message: null),
        _ => null,
    };

    private static TrialWork.Train Work(ref EventFields fields)
    {
        fields.Enter("work"u8);
        fields.Expect("type"u8, "train"u8);
        var work = new TrialWork.Train(
            fields.Int("block"u8), fields.Text("entry"u8), fields.Int("index"u8), fields.Configuration("configuration"u8),
            fields.Int("replicate"u8), fields.Unsigned("seed"u8));
        fields.Leave();
        return work;
    }

    private static AttemptOutcome Outcome(ref EventFields fields)
    {
        fields.Enter("outcome"u8);
        AttemptOutcome outcome = fields.Text("type"u8) == "rested"
            ? new AttemptOutcome.Rested(fields.Int("step"u8))
            : new AttemptOutcome.Finished(Result(ref fields)); // what neither rested nor finished has no result, and so is not known
        fields.Leave();
        return outcome;
    }

    private static TrialResult Result(ref EventFields fields)
    {
        fields.Enter("result"u8);
        var result = new TrialResult
        {
            Metrics = fields.Values("metrics"u8),
            Steps = fields.Int("steps"u8),
            TrainableParameters = fields.Long("trainable_parameters"u8),
            TotalParameters = fields.Long("total_parameters"u8),
            PeakMemoryBytes = fields.Long("peak_memory_bytes"u8),
            Artefact = fields.TextOrNone("artefact"u8),
        };
        fields.Leave();
        return result;
    }

    private static TrialState Completed(ref EventFields fields)
    {
        fields.Expect("state"u8, "Completed"u8);
        return TrialState.Completed;
    }
}

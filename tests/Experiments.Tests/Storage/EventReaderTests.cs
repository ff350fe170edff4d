using System.Text;
using System.Text.Json;
using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Trials;
using Xunit;
using static Experiments.Tests.Trials.SweepExample;

namespace Experiments.Tests.Storage;

/// <summary>What is read without the serializer is what the serializer reads.</summary>
public sealed class EventReaderTests
{
    private const string Attempt = "\"attempt\":{\"trial\":12,\"number\":2}";
    private const string Result =
        """{"metrics":{"loss":0.5},"steps":3,"trainable_parameters":4,"total_parameters":5,"peak_memory_bytes":6}""";

    private const string Outcome = $$$"""{"type":"finished","later":1,"result":{{{Result}}}}""";

    [Fact]
    public void Whole_histories_are_read_as_the_serializer_reads_them()
    {
        foreach (var history in (IReadOnlyList<SweepEvent>[])[StoredHistory.Disturbed(), StoredHistory.Populations()])
        {
            var json = Json([.. history.Select((each, index) => new StoredEvent(StoredHistory.Noon.AddSeconds(index), each))]);

            var read = EventReader.Read(json);

            Assert.Equal(history.Select(each => each.GetType()), read.Select(each => each.Event.GetType()));
            Assert.Equal(Json(JsonSerializer.Deserialize(json, StoreContext.Default.StoredEventArray)!), Json([.. read]));
        }
    }

    [Fact]
    public void Whatever_a_trial_consists_of_needs_no_serializer()
    {
        var configuration = new Configuration(
        [
            new("rank", new ParameterValue.Integer(4)),
            new("learning_rate", new ParameterValue.Real(1)),
            new("mode", new ParameterValue.Text("so \"called\"")),
            new("bias", new ParameterValue.Flag(true)),
        ]);
        SweepEvent[] events =
        [
            new SweepEvent.TrialCreated(T(1), new TrialWork.Train(0, "lora", 2, configuration, 3, ulong.MaxValue), [T(0)], Held: true),
            new SweepEvent.TrialCreated(T(2), new TrialWork.Train(0, "lora", 2, Configuration.Empty, 3, 7), []),
            new SweepEvent.TrialLeased(A(1, 1), "anna", "cpu:0", "here"),
            new SweepEvent.TrialLeased(A(1, 2), "anna", "cpu:0", "here", TimeSpan.FromMinutes(1.5)),
            new SweepEvent.TrialPromoted(T(1)),
            new SweepEvent.AttemptStarted(A(1, 1), 1, 4711, 8),
            new SweepEvent.MetricReported(A(1, 1), 2, 9, Values(("loss", 1e-300), ("dice", 1))),
            new SweepEvent.CheckpointSaved(A(1, 1), 3, 9, "sweeps/é", 1L << 40),
            new SweepEvent.AttemptEnded(A(1, 1), 4, new AttemptOutcome.Rested(9), TimeSpan.FromDays(2)),
            new SweepEvent.AttemptEnded(
                A(1, 2), 5, new AttemptOutcome.Finished(new() { Metrics = Values(("loss", -0.1)), Artefact = "x" }), TimeSpan.FromTicks(1)),
            new SweepEvent.TrialEnded(T(1), TrialState.Completed, Cause: null, Message: null),
        ];

        Assert.All(events, each =>
        {
            var stored = new StoredEvent(StoredHistory.Noon, each);
            var json = JsonSerializer.Serialize(stored, StoreContext.Default.StoredEvent);
            Assert.Equal(json, JsonSerializer.Serialize(Known(json)!, StoreContext.Default.StoredEvent));
        });
    }

    [Theory]
    [InlineData($$$"""{"type":"metric-reported",{{{Attempt}}},"sequence":1,"step":1,"values":{"loss":"NaN"}}""")]
    [InlineData($$$"""{"type":"metric-reported",{{{Attempt}}},"step":1,"sequence":1,"values":{"loss":1}}""")]
    [InlineData($$$"""{"type":"metric-reported",{{{Attempt}}},"sequence":1,"step":1,"values":{"loss":1},"later":[{"a":{}}]}""")]
    [InlineData($$$"""{"type":"attempt-started",{{{Attempt}}},"sequence":1,"process_id":2,"from_step":3,"warning":"Slow."}""")]
    [InlineData($$$"""{"type":"attempt-ended",{{{Attempt}}},"sequence":1,"outcome":{"type":"paused","step":1},"elapsed":"00:00:01"}""")]
    [InlineData(
        $$$"""{"type":"attempt-ended",{{{Attempt}}},"sequence":1,"outcome":{{{Outcome}}},"elapsed":"00:00:01"}""")]
    [InlineData("""{"type":"trial-ended","trial":12,"state":"Failed","cause":"Oom","message":"It was."}""")]
    [InlineData("""{"type":"trial-created","trial":12,"work":{"type":"prepare","preparation":"corpus"},"needs":[]}""")]
    [InlineData("""{"type":"sweep-resumed"}""")]
    public void What_looks_otherwise_is_left_to_the_serializer(string recorded)
    {
        var json = $$$"""{"time":"2026-03-01T12:00:00+00:00","event":{{{recorded}}}}""";
        var expected = JsonSerializer.Deserialize(json, StoreContext.Default.StoredEvent)!;

        Assert.Null(Known(json));
        Assert.Equal(Json([expected, expected]), Json([.. EventReader.Read(Encoding.UTF8.GetBytes($"[{json},{json}]"))]));
    }

    [Theory]
    [InlineData("""{"type":"trial-promoted","trial":1.5}""")]
    [InlineData("""{"type":"trial-promoted","trial":99999999999}""")]
    [InlineData("""{"type":"trial-forked","trial":1}""")]
    [InlineData("""{"type":"trial-promoted","trial":""")]
    public void What_cannot_be_understood_is_refused_as_the_serializer_does(string recorded) => Assert.ThrowsAny<JsonException>(
        () => EventReader.Read(Encoding.UTF8.GetBytes($$$"""[{"time":"2026-03-01T12:00:00+00:00","event":{{{recorded}}}}]""")));

    [Theory]
    [InlineData("[{0}]{0}")]
    [InlineData("[{0}],")]
    [InlineData("[{0},5]")]
    [InlineData("[{0},[]]")]
    [InlineData("[{0}")]
    [InlineData("{0}")]
    [InlineData("null")]
    public void Nothing_but_a_list_of_events_is_read(string form)
    {
        const string Promoted = """{"time":"2026-03-01T12:00:00+00:00","event":{"type":"trial-promoted","trial":1}}""";

        Assert.ThrowsAny<JsonException>(
            () => EventReader.Read(Encoding.UTF8.GetBytes(form.Replace("{0}", Promoted, StringComparison.Ordinal))));
    }

    private static byte[] Json(StoredEvent[] events) =>
        JsonSerializer.SerializeToUtf8Bytes(events, StoreContext.Default.StoredEventArray);

    private static StoredEvent? Known(string json)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
        reader.Read();
        var fields = new EventFields(reader, new string?[EventFields.Texts]);
        return EventReader.Known(ref fields);
    }
}

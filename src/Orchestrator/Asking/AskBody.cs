using System.Buffers;
using System.Text.Json;
using Experiments.Asking;
using Experiments.Sweeps;

namespace Orchestrator.Asking;

/// <summary>What is asked and told, as the JSON that HTTP carries: read with a sentence for each mistake.</summary>
internal static class AskBody
{
    private static readonly string[] _asks = ["as", "lease"];
    private static readonly string[] _tells = ["values", "step", "checkpoint", "done", "paused", "failed"];

    /// <summary>Reads <c>{ "as": "gpu-7", "lease": "1h" }</c>; both may be absent, and the whole body too.</summary>
    /// <exception cref="RefusedException">When it is something else.</exception>
    public static AskRequest ReadAsk(string sweep, ReadOnlyMemory<byte> body)
    {
        var asker = AskerName.New();
        var lease = AskRequest.UsualLease;
        foreach (var member in Members(body, _asks))
        {
            if (member.Name == "as")
                asker = Text(member);
            else
                lease = DurationText.Parse(Text(member)) ?? throw Wrong(member, DurationText.Form);
        }

        return new AskRequest(sweep, asker, lease, Environment.MachineName);
    }

    /// <summary>Reads <c>{ "values": { "loss": 0.31 }, "step": 27, "checkpoint": "/a/folder", "done": true }</c>, or
    /// <c>"paused": true</c> or <c>"failed": "why"</c> for the last; all may be absent.</summary>
    /// <exception cref="RefusedException">When it is something else.</exception>
    public static TellRequest ReadTell(string sweep, string trial, ReadOnlyMemory<byte> body)
    {
        var (id, attempt) = TrialName.Read(trial);
        var request = new TellRequest { Sweep = sweep, Trial = id, Attempt = attempt };
        var ends = 0;
        foreach (var member in Members(body, _tells))
        {
            request = member.Name switch
            {
                "values" => request with { Values = request.Values.AddRange(Values(member)) },
                "step" => request with { Step = Whole(member) },
                "checkpoint" => request with { Checkpoint = new CheckpointFolder(Text(member), Bytes: 0) },
                "done" when Flag(member) => request with { End = TellEnd.Done },
                "paused" when Flag(member) => request with { End = TellEnd.Paused },
                "failed" => request with { End = TellEnd.Failed, Message = Text(member) },
                _ => request,
            };
            ends += member.Name is "failed" || (member.Name is "done" or "paused" && Flag(member)) ? 1 : 0;
        }

        return ends <= 1 ? request : throw Bad("'done', 'paused' and 'failed' exclude each other.");
    }

    /// <summary>Writes what <see cref="ReadAsk"/> reads.</summary>
    public static byte[] Write(AskRequest request) => Write(json =>
    {
        json.WriteString("as", request.Asker);
        json.WriteString("lease", $"{(long)Math.Ceiling(request.Lease.TotalSeconds)}s");
    });

    /// <summary>Writes what <see cref="ReadTell"/> reads.</summary>
    public static byte[] Write(TellRequest request) => Write(json =>
    {
        json.WriteStartObject("values");
        foreach (var (name, value) in request.Values)
        {
            if (double.IsFinite(value))
                json.WriteNumber(name, value);
            else
                json.WriteString(name, FormattableString.Invariant($"{value}"));
        }

        json.WriteEndObject();
        if (request.Step is { } step)
            json.WriteNumber("step", step);
        if (request.Checkpoint is { } checkpoint)
            json.WriteString("checkpoint", checkpoint.Folder);
        if (request.End == TellEnd.Failed)
            json.WriteString("failed", request.Message);
        else if (request.End != TellEnd.None)
            json.WriteBoolean(request.End == TellEnd.Done ? "done" : "paused", true);
    });

    private static byte[] Write(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static List<JsonProperty> Members(ReadOnlyMemory<byte> body, string[] known)
    {
        if (body.IsEmpty)
            return [];

        JsonElement root;
        try
        {
            using var document = JsonDocument.Parse(body);
            root = document.RootElement.Clone();
        }
        catch (JsonException failure)
        {
            throw Bad($"The body is no JSON, in line {failure.LineNumber + 1} at byte {failure.BytePositionInLine + 1}; "
                + "a value that is not finite is written \"NaN\" or \"Infinity\", in quotation marks.");
        }

        if (root.ValueKind != JsonValueKind.Object)
            throw Bad($"The body must be an object with {string.Join(", ", known)}.");
        var members = root.EnumerateObject().ToList();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in members.Select(member => member.Name))
        {
            if (!known.Contains(name))
                throw Bad($"Unknown member '{name}'.{NearestName.Question(name, known)} Members: {string.Join(", ", known)}.");
            if (!names.Add(name))
                throw Bad($"'{name}' is given twice.");
        }

        return members;
    }

    private static IEnumerable<KeyValuePair<string, double>> Values(JsonProperty member)
    {
        if (member.Value.ValueKind != JsonValueKind.Object)
            throw Wrong(member, "an object such as { \"loss\": 0.31 }");

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var value in member.Value.EnumerateObject())
        {
            if (!names.Add(value.Name))
                throw Bad($"'{value.Name}' is given twice.");
            yield return KeyValuePair.Create(value.Name, Number(value));
        }
    }

    private static double Number(JsonProperty member) => member.Value.ValueKind switch
    {
        JsonValueKind.Number => member.Value.GetDouble(),
        JsonValueKind.String when ToldNumber.Parse(member.Value.GetString()!) is { } value && !double.IsFinite(value) => value,
        _ => throw Wrong(member, "a number"),
    };

    private static int Whole(JsonProperty member) =>
        member.Value.ValueKind == JsonValueKind.Number && member.Value.TryGetInt32(out var value) && value >= 0
            ? value
            : throw Wrong(member, "a whole number from 0");

    private static bool Flag(JsonProperty member) => member.Value.ValueKind is JsonValueKind.True or JsonValueKind.False
        ? member.Value.GetBoolean()
        : throw Wrong(member, "true or false");

    private static string Text(JsonProperty member) =>
        member.Value.ValueKind == JsonValueKind.String && member.Value.GetString() is { Length: > 0 } text
            ? text
            : throw Wrong(member, "a text");

    private static RefusedException Wrong(JsonProperty member, string right) =>
        Bad($"'{member.Name}' must be {right}, not {member.Value.GetRawText()}.");

    private static RefusedException Bad(string message) => new(RefusalKind.BadInput, message);
}

using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Runtime.Serialization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Akka.Actor;
using Akka.Serialization;

namespace GpuActors.Protocol;

/// <summary>
/// Turns messages into JSON and back. Each has a manifest with a version: a reader learns a new version before any writer
/// speaks it, and ignores fields that it does not know.
/// </summary>
internal sealed class WireSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <summary>Largest message; a frame has room for it and its envelope.</summary>
    public const int MaximumBytes = 480 * 1024;

    private static readonly ImmutableArray<(string Manifest, JsonTypeInfo Type)> Messages =
    [
        ("hello.v1", WireContext.Default.Hello),
        ("beat.v1", WireContext.Default.Beat),
        ("report.v1", WireContext.Default.Reported),
        ("goodbye.v1", WireContext.Default.Goodbye),
        ("welcome.v1", WireContext.Default.Welcome),
        ("refuse.v1", WireContext.Default.Refuse),
        ("heard.v1", WireContext.Default.Heard),
        ("who-are-you.v1", WireContext.Default.WhoAreYou),
        ("assign.v1", WireContext.Default.Assign),
        ("acknowledge.v1", WireContext.Default.Acknowledge),
        ("resend.v1", WireContext.Default.Resend),
        ("fence.v1", WireContext.Default.Fence),
        ("stop.v1", WireContext.Default.Stop),
        ("worker-died.v1", WireContext.Default.WorkerDied),
        ("noted.v1", WireContext.Default.Noted),
        ("pause.v1", WireContext.Default.Pause),
        ("resume.v1", WireContext.Default.Resume),
        ("cancel.v1", WireContext.Default.Cancel),
        ("when-quiet.v1", WireContext.Default.WhenQuiet),
        ("done.v1", WireContext.Default.Done),
        ("ask.v1", WireContext.Default.Ask),
        ("tell.v1", WireContext.Default.Tell),
        ("asked.v1", WireContext.Default.Asked),
        ("told.v1", WireContext.Default.Told),
        ("refused.v1", WireContext.Default.Refused),
        ("get-status.v1", WireContext.Default.GetStatus),
        ("status.v1", WireContext.Default.Status),
    ];

    private static readonly FrozenDictionary<Type, (string Manifest, JsonTypeInfo Type)> ByType =
        Messages.ToFrozenDictionary(message => message.Type.Type);

    private static readonly FrozenDictionary<string, JsonTypeInfo> ByManifest =
        Messages.ToFrozenDictionary(message => message.Manifest, message => message.Type);

    /// <summary>Makes an actor system send every message of the protocols by this serializer.</summary>
    public static SerializationSetup Setup { get; } = SerializationSetup.Create(system =>
        [SerializerDetails.Create("wire", new WireSerializer(system), [.. ByType.Keys])]);

    public override int Identifier => 731;

    public override string Manifest(object o) => Entry(o).Manifest;

    /// <exception cref="SerializationException">When the message is of no protocol, or too large.</exception>
    public override byte[] ToBinary(object obj)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(obj, Entry(obj).Type);
        return bytes.Length <= MaximumBytes
            ? bytes
            : throw new SerializationException(
                $"A {obj.GetType().Name} of {bytes.Length} bytes is too large to send; {MaximumBytes} is the most.");
    }

    /// <exception cref="SerializationException">When a newer version of the program sent it.</exception>
    public override object FromBinary(byte[] bytes, string manifest) => ByManifest.TryGetValue(manifest, out var type)
        ? JsonSerializer.Deserialize(bytes, type)!
        : throw new SerializationException($"Unknown message '{manifest}': the sender is of a newer version.");

    private static (string Manifest, JsonTypeInfo Type) Entry(object message) =>
        ByType.TryGetValue(message.GetType(), out var entry)
            ? entry
            : throw new SerializationException($"{message.GetType()} is of no protocol.");
}

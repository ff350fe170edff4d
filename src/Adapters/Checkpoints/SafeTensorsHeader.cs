using System.Text.Json;
using Adapters.Methods;
using static TorchSharp.torch;

namespace Adapters.Checkpoints;

/// <summary>One tensor of a safetensors file: what it is and where its bytes lie, from the start of the data.</summary>
public sealed record SafeTensorsEntry(string Name, ScalarType Type, IReadOnlyList<long> Shape, long Begin, long End);

/// <summary>
/// The checked header of a safetensors file. What passes here can be read without another check: every entry lies in
/// the file, has the size that its shape asks for, and the entries fill the data without overlap or hole.
/// </summary>
/// <remarks>Format: 8 bytes little-endian length N, N bytes of JSON (name -> dtype, shape, data_offsets), the data.</remarks>
internal sealed class SafeTensorsHeader
{
    private const long LongestHeader = 100_000_000;

    public Dictionary<string, SafeTensorsEntry> Entries { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>Where the data begins in the file.</summary>
    public long DataStart { get; }

    private readonly string _path;
    private readonly long _dataLength;

    /// <param name="stream">The file from its start.</param>
    /// <param name="path">The file's name, for messages.</param>
    /// <exception cref="AdapterException">Names the fault.</exception>
    public SafeTensorsHeader(Stream stream, string path)
    {
        _path = path;
        var fileLength = stream.Length;
        if (fileLength < 8)
            throw Fault($"it is {fileLength} bytes long, but the format begins with the header's length in 8 bytes");
        Span<byte> prefix = stackalloc byte[8];
        stream.ReadExactly(prefix);
        var length = System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > LongestHeader)
            throw Fault($"it claims a header of {length} bytes; more than {LongestHeader} are never read");
        if ((long)length > fileLength - 8)
            throw Fault($"it claims a header of {length} bytes, but only {fileLength - 8} follow");

        DataStart = 8 + (long)length;
        _dataLength = fileLength - DataStart;
        var json = new byte[length];
        stream.ReadExactly(json);
        Parse(json);
        CheckThatEntriesFillTheData();
    }

    private void Parse(byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw Fault("its header is not a JSON object");
            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (property.Name == "__metadata__")
                    ParseMetadata(property.Value);
                else if (!Entries.TryAdd(property.Name, ParseEntry(property.Name, property.Value)))
                    throw Fault($"tensor '{property.Name}' is listed twice");
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the latter: a lone surrogate in a name
        {
            throw new AdapterException($"{_path} is not a valid safetensors file: its header is not valid JSON ({e.Message})", e);
        }
    }

    private void ParseMetadata(JsonElement metadata)
    {
        if (metadata.ValueKind != JsonValueKind.Object)
            throw Fault("__metadata__ is not an object");
        foreach (var property in metadata.EnumerateObject())
        {
            if (property.Value.ValueKind != JsonValueKind.String)
                throw Fault($"__metadata__ may hold strings only, but '{property.Name}' is {property.Value.GetRawText()}");
            Metadata[property.Name] = property.Value.GetString()!;
        }
    }

    private SafeTensorsEntry ParseEntry(string name, JsonElement entry)
    {
        if (entry.ValueKind != JsonValueKind.Object)
            throw Fault($"the entry of tensor '{name}' is not an object");
        if (!entry.TryGetProperty("dtype", out var dtype) || dtype.ValueKind != JsonValueKind.String)
            throw Fault($"tensor '{name}' has no dtype");
        if (!SafeTensorsType.TryParse(dtype.GetString()!, out var type))
            throw Fault($"tensor '{name}' has the dtype '{dtype.GetString()}', which is not supported; "
                + $"supported are {SafeTensorsType.Names}");

        var shape = Integers(name, entry, "shape");
        var offsets = Integers(name, entry, "data_offsets");
        if (offsets.Length != 2)
            throw Fault($"data_offsets of tensor '{name}' must be two numbers, begin and end, but are {offsets.Length}");
        var (begin, end) = (offsets[0], offsets[1]);
        if (begin > end || end > _dataLength)
            throw Fault($"tensor '{name}' claims the bytes {begin} to {end} of the data, which is {_dataLength} bytes long");

        // The claimed bytes lie in the file by now, so a product beyond them need not be known exactly.
        Int128 size = shape.Contains(0) ? 0 : SafeTensorsType.SizeOf(type);
        foreach (var dimension in shape)
            if ((size *= dimension) > end - begin)
                break;
        if (size != end - begin)
            throw Fault($"tensor '{name}' of dtype {dtype.GetString()} and shape [{string.Join(", ", shape)}] does not "
                + $"have the size of its {end - begin} bytes");
        return new SafeTensorsEntry(name, type, shape, begin, end);
    }

    private long[] Integers(string name, JsonElement entry, string field)
    {
        if (!entry.TryGetProperty(field, out var array) || array.ValueKind != JsonValueKind.Array)
            throw Fault($"tensor '{name}' has no list '{field}'");
        return [.. array.EnumerateArray().Select(element =>
            element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out var value) && value >= 0
                ? value
                : throw Fault($"'{field}' of tensor '{name}' holds {element.GetRawText()}; only integers from 0 are allowed"))];
    }

    private void CheckThatEntriesFillTheData()
    {
        var reached = 0L;
        foreach (var entry in Entries.Values.OrderBy(entry => entry.Begin).ThenBy(entry => entry.End))
        {
            if (entry.Begin < reached)
                throw Fault($"tensor '{entry.Name}' begins at byte {entry.Begin} of the data and overlaps the one before it, "
                    + $"which ends at {reached}");
            if (entry.Begin > reached)
                throw Fault($"no tensor holds the bytes {reached} to {entry.Begin} of the data");
            reached = entry.End;
        }
        if (reached < _dataLength)
            throw Fault($"{_dataLength - reached} bytes follow the last tensor");
    }

    private AdapterException Fault(string what) => new($"{_path} is not a valid safetensors file: {what}.");
}

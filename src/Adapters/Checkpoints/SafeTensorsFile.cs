using System.Text.Json;
using Adapters.Methods;
using static TorchSharp.torch;

namespace Adapters.Checkpoints;

/// <summary>
/// A safetensors file, open for reading tensor by tensor. Opening reads and checks the header only; a tensor's bytes go
/// from the file straight into its memory, so that no second copy of a large model is ever held.
/// </summary>
public sealed class SafeTensorsFile : IDisposable
{
    private const int Chunk = 1 << 20;
    private readonly FileStream _stream;
    private readonly SafeTensorsHeader _header;

    private SafeTensorsFile(string path)
    {
        Path = path;
        _stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        try
        {
            _header = new SafeTensorsHeader(_stream, path);
        }
        catch
        {
            _stream.Dispose();
            throw;
        }
    }

    /// <summary>Opens a file and checks its header.</summary>
    /// <exception cref="AdapterException">When it cannot be read or is not valid; the sentence names the fault.</exception>
    public static SafeTensorsFile Open(string path)
    {
        try
        {
            return new SafeTensorsFile(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AdapterException($"{path} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The tensors by name, in the header's order.</summary>
    public IReadOnlyDictionary<string, SafeTensorsEntry> Entries => _header.Entries;

    /// <summary>The header's <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>Reads a tensor as it is stored.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="device">Where it shall lie; the CPU when null.</param>
    /// <exception cref="AdapterException">When the file holds none of that name.</exception>
    public Tensor Read(string name, Device? device = null)
    {
        using var scope = NewDisposeScope();
        var entry = EntryOf(name);
        var tensor = empty([.. entry.Shape], dtype: entry.Type);
        Fill(tensor, entry);
        return tensor.to(device ?? CPU).MoveToOuterDisposeScope();
    }

    /// <summary>Reads a tensor into one that exists, widened or narrowed to its element type, on its device.</summary>
    /// <param name="name">The name in the file.</param>
    /// <param name="destination">A tensor of the stored shape; gradients are not recorded.</param>
    /// <exception cref="AdapterException">When the file holds none of that name, or its shape differs.</exception>
    public void ReadInto(string name, Tensor destination)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var entry = EntryOf(name);
        if (!entry.Shape.SequenceEqual(destination.shape))
            throw new AdapterException($"{Path}: tensor '{name}' has the shape [{string.Join(", ", entry.Shape)}], "
                + $"but [{string.Join(", ", destination.shape)}] is needed.");

        if (destination.dtype == entry.Type && destination.device_type == TorchSharp.DeviceType.CPU && destination.is_contiguous())
            Fill(destination, entry);
        else
            destination.copy_(Read(name));
    }

    /// <summary>Reads every tensor of a file onto a device, by name.</summary>
    /// <exception cref="AdapterException">When the file cannot be read or is not valid.</exception>
    public static Dictionary<string, Tensor> ReadAll(string path, Device? device = null)
    {
        using var file = Open(path);
        return file.Entries.Keys.ToDictionary(name => name, name => file.Read(name, device));
    }

    /// <summary>
    /// Writes tensors to a file, whole or not at all (<see cref="DurableFile"/>). Equal tensors and metadata give equal
    /// bytes: the data is ordered by falling element size, then name, and begins at a multiple of 8.
    /// </summary>
    /// <param name="path">The file; replaced if it exists.</param>
    /// <param name="tensors">Names, each once, and tensors on any device.</param>
    /// <param name="metadata">Strings for <c>__metadata__</c>; Hugging Face's readers ask for <c>format</c> = <c>pt</c>.</param>
    public static void Write(string path, IEnumerable<(string Name, Tensor Tensor)> tensors,
        IReadOnlyDictionary<string, string>? metadata = null)
    {
        var ordered = tensors.OrderByDescending(pair => SafeTensorsType.SizeOf(pair.Tensor.dtype))
            .ThenBy(pair => pair.Name, StringComparer.Ordinal).ToArray();
        if (ordered.Select(pair => pair.Name).Distinct(StringComparer.Ordinal).Count() != ordered.Length)
            throw new ArgumentException("Two tensors have the same name.", nameof(tensors));

        var header = HeaderOf(ordered, metadata);
        DurableFile.Write(path, stream =>
        {
            stream.Write(BitConverter.GetBytes((ulong)header.Length));
            stream.Write(header);
            foreach (var (_, tensor) in ordered)
            {
                using var scope = NewDisposeScope();
                tensor.detach().cpu().contiguous().WriteBytesToStream(stream, BufferFor(tensor));
            }
        });
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private static byte[] HeaderOf(IEnumerable<(string Name, Tensor Tensor)> ordered, IReadOnlyDictionary<string, string>? metadata)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                    json.WriteString(key, value);
                json.WriteEndObject();
            }
            var begin = 0L;
            foreach (var (name, tensor) in ordered)
            {
                var end = begin + (tensor.numel() * SafeTensorsType.SizeOf(tensor.dtype));
                json.WriteStartObject(name);
                json.WriteString("dtype", SafeTensorsType.NameOf(tensor.dtype));
                WriteNumbers(json, "shape", tensor.shape);
                WriteNumbers(json, "data_offsets", [begin, end]);
                json.WriteEndObject();
                begin = end;
            }
            json.WriteEndObject();
        }
        while (buffer.Length % 8 != 0)
            buffer.WriteByte((byte)' ');
        return buffer.ToArray();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, ReadOnlySpan<long> numbers)
    {
        json.WriteStartArray(name);
        foreach (var number in numbers)
            json.WriteNumberValue(number);
        json.WriteEndArray();
    }

    private SafeTensorsEntry EntryOf(string name) => Entries.TryGetValue(name, out var entry)
        ? entry
        : throw new AdapterException(
            $"{Path} holds no tensor '{name}'; it holds {string.Join(", ", Entries.Keys.Order(StringComparer.Ordinal))}.");

    /// <summary>No more than it takes: a buffer is made for each tensor, and most of them are small.</summary>
    private static int BufferFor(Tensor tensor) =>
        (int)Math.Clamp(tensor.numel() * SafeTensorsType.SizeOf(tensor.dtype), 1, Chunk);

    private void Fill(Tensor tensor, SafeTensorsEntry entry)
    {
        _stream.Position = _header.DataStart + entry.Begin;
        try
        {
            tensor.ReadBytesFromStream(_stream, BufferFor(tensor));
        }
        catch (EndOfStreamException e)
        {
            throw new AdapterException($"{Path} became shorter while it was read.", e);
        }
    }
}

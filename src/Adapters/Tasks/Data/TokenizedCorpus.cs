using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Adapters.Tasks.Data;

/// <summary>Names of the files of a corpus.</summary>
internal static class CorpusFiles
{
    public const string Text = "text.txt", Lines = "lines.bin", Names = "files.json", Tokenizer = "tokenizer.json",
        SentencePiece = "tokenizer.model", Tokens = "tokens.bin", Starts = "starts.bin";

    /// <summary>
    /// The tokenizer file of a folder, or null. A SentencePiece model goes first: the <c>tokenizer.json</c> beside it says the
    /// same in a form that is not supported.
    /// </summary>
    public static string? TokenizerIn(string folder) =>
        new[] { SentencePiece, Tokenizer }.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}

/// <summary>A line of the corpus: which file, tag and split it belongs to.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal readonly record struct CorpusLine(ushort File, byte Tag, byte SplitNumber)
{
    public CorpusLine(ushort file, byte tag, Split split)
        : this(file, tag, (byte)split)
    {
    }

    public Split Split => (Split)SplitNumber;
}

/// <summary>
/// A corpus and its tokens, opened without reading either: tokens are mapped into memory, so that the workers of a machine
/// share one copy and a task starts at once.
/// </summary>
internal sealed class TokenizedCorpus : IDisposable
{
    private readonly string[] _files;
    private readonly CorpusLine[] _lines;
    private readonly int[] _starts;
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _tokens;

    /// <param name="corpus">A folder that <see cref="CorpusWriter"/> made.</param>
    /// <param name="tokens">The folder of its tokens, which is the same unless another tokenizer made them.</param>
    public TokenizedCorpus(string corpus, string tokens)
    {
        _files = [.. JsonNode.Parse(File.ReadAllBytes(Path.Combine(corpus, CorpusFiles.Names)))!.AsArray().Select(name => (string)name!)];
        _lines = MemoryMarshal.Cast<byte, CorpusLine>(File.ReadAllBytes(Path.Combine(corpus, CorpusFiles.Lines))).ToArray();
        _starts = MemoryMarshal.Cast<byte, int>(File.ReadAllBytes(Path.Combine(tokens, CorpusFiles.Starts))).ToArray();
        Tokenizer = CorpusFiles.TokenizerIn(tokens) ?? throw new FileNotFoundException($"{tokens} holds no tokenizer.");
        _map = MemoryMappedFile.CreateFromFile(Path.Combine(tokens, CorpusFiles.Tokens), FileMode.Open, mapName: null, capacity: 0,
            MemoryMappedFileAccess.Read);
        _tokens = _map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
    }

    /// <summary>Names of the files, in the order of their lines.</summary>
    public IReadOnlyList<string> Files => _files;

    /// <summary>The lines, file by file.</summary>
    public IReadOnlyList<CorpusLine> Lines => _lines;

    /// <summary>The tokenizer file that made the tokens.</summary>
    public string Tokenizer { get; }

    /// <summary>Number of tokens.</summary>
    public long TokenCount => _starts[^1];

    /// <summary>Numbers of the lines of a split that belong to one of the domains, in file order.</summary>
    public IEnumerable<int> LinesOf(Split split, IReadOnlyCollection<string> domains)
    {
        var wanted = _files.Select(file => domains.Contains(Domains.Of(file))).ToArray();
        for (var line = 0; line < _lines.Length; line++)
            if (_lines[line].Split == split && wanted[_lines[line].File])
                yield return line;
    }

    /// <summary>The tokens of a line, its line break included.</summary>
    public int[] TokensOf(int line) => Read(_starts[line], _starts[line + 1] - _starts[line]);

    /// <summary>The tokens of lines, one after the other.</summary>
    public int[] Concatenate(IEnumerable<int> lines)
    {
        var all = new List<int>();
        foreach (var line in lines)
            all.AddRange(TokensOf(line));
        return [.. all];
    }

    private int[] Read(int start, int count)
    {
        var tokens = new int[count];
        _tokens.ReadArray((long)start * sizeof(int), tokens, 0, count);
        return tokens;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _tokens.Dispose();
        _map.Dispose();
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;
using Adapters.Methods;
using Google.Protobuf;
using Microsoft.ML.Tokenizers;

namespace Adapters.Tasks.Data;

/// <summary>
/// Text to token ids and back, by the files that models are published with: a Hugging Face <c>tokenizer.json</c> of the
/// byte-level BPE kind, or a SentencePiece <c>tokenizer.model</c> of the BPE kind.
/// </summary>
public sealed class TextTokenizer
{
    private readonly Tokenizer _tokenizer;
    private readonly string _path;

    private TextTokenizer(Tokenizer tokenizer, string path) => (_tokenizer, _path) = (tokenizer, path);

    /// <summary>Reads a tokenizer.</summary>
    /// <param name="path">A <c>.json</c> or <c>.model</c> file.</param>
    /// <exception cref="AdapterException">When it cannot be read or asks for something that is not supported, by name.</exception>
    public static TextTokenizer Load(string path)
    {
        try
        {
            return Path.GetExtension(path) == ".model" ? ReadSentencePiece(path) : ReadJson(path);
        }
        catch (Exception fault) when (fault is IOException or JsonException or InvalidOperationException or FormatException
            or InvalidProtocolBufferException or ArgumentException or IndexOutOfRangeException)
        {
            throw new AdapterException($"{path}: not a tokenizer that can be read: {fault.Message}", fault);
        }
    }

    /// <summary>One more than the highest id.</summary>
    public required int VocabularySize { get; init; }

    private bool ComposesUnicode { get; init; }

    private int[] Before { get; init; } = [];

    private int[] After { get; init; } = [];

    /// <summary>The ids of a text.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="template">Whether to add what the file says is put around a text, such as a begin token.</param>
    /// <exception cref="AdapterException">When the file asks for composed letters (NFC) and the text may have others.</exception>
    public IReadOnlyList<int> Encode(string text, bool template = false)
    {
        if (ComposesUnicode && !UnicodeComposition.IsCertain(text))
            throw new AdapterException($"{_path} asks for Unicode's composed form (NFC), and this text may not be in it: '{text}'.");
        var ids = _tokenizer.EncodeToIds(text);
        return template ? [.. Before, .. ids, .. After] : ids;
    }

    /// <summary>The text of some ids.</summary>
    public string Decode(IEnumerable<int> ids) => _tokenizer is BpeTokenizer byteLevel
        ? byteLevel.Decode(ids, considerSpecialTokens: true) ?? ""
        : _tokenizer.Decode(ids) ?? "";

    private static TextTokenizer ReadJson(string path)
    {
        var file = new TokenizerFile(JsonNode.Parse(File.ReadAllBytes(path))!, path);
        var tokenizer = BpeTokenizer.Create(new BpeOptions(file.Vocabulary)
        {
            Merges = file.Merges,
            ByteLevel = true,
            SpecialTokens = file.Specials,
            PreTokenizer = new RegexPreTokenizer(file.Words, file.Specials),
        });
        return new TextTokenizer(tokenizer, path)
        {
            VocabularySize = Math.Max(file.Vocabulary.Values.Max(), file.Specials.Values.DefaultIfEmpty(-1).Max()) + 1,
            ComposesUnicode = file.ComposesUnicode,
            Before = file.Before,
            After = file.After,
        };
    }

    private static TextTokenizer ReadSentencePiece(string path)
    {
        using var stream = File.OpenRead(path);
        var tokenizer = LlamaTokenizer.Create(stream, addBeginOfSentence: false, addEndOfSentence: false);
        return new TextTokenizer(tokenizer, path)
        {
            VocabularySize = tokenizer.Vocabulary.Values.Max() + 1,
            Before = [tokenizer.BeginningOfSentenceId],
        };
    }
}

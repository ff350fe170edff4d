using System.Text.Json;
using System.Text.Json.Nodes;
using Adapters.Methods;
using Microsoft.ML.Tokenizers;

namespace Adapters.Tasks.Data;

/// <summary>Text to token ids and back, by a Hugging Face <c>tokenizer.json</c> of the byte-level BPE kind.</summary>
public sealed class TextTokenizer
{
    private readonly BpeTokenizer _tokenizer;
    private readonly string _path;
    private readonly bool _composed;
    private readonly int[] _before;
    private readonly int[] _after;

    private TextTokenizer(BpeTokenizer tokenizer, TokenizerFile file, string path)
    {
        (_tokenizer, _path, _composed, _before, _after) = (tokenizer, path, file.ComposesUnicode, file.Before, file.After);
        Specials = file.Specials;
        VocabularySize = Math.Max(file.Vocabulary.Values.Max(), file.Specials.Values.DefaultIfEmpty(-1).Max()) + 1;
    }

    /// <summary>Reads a tokenizer.</summary>
    /// <param name="path">A <c>tokenizer.json</c>.</param>
    /// <exception cref="AdapterException">When it cannot be read or asks for something that is not supported, by name.</exception>
    public static TextTokenizer Load(string path)
    {
        try
        {
            var file = new TokenizerFile(JsonNode.Parse(File.ReadAllBytes(path))!, path);
            var options = new BpeOptions(file.Vocabulary)
            {
                Merges = file.Merges,
                ByteLevel = true,
                SpecialTokens = file.Specials,
                PreTokenizer = new RegexPreTokenizer(file.Words, file.Specials),
            };
            return new TextTokenizer(BpeTokenizer.Create(options), file, path);
        }
        catch (Exception fault) when (fault is IOException or JsonException or InvalidOperationException or FormatException)
        {
            throw new AdapterException($"{path}: not a tokenizer that can be read: {fault.Message}", fault);
        }
    }

    /// <summary>Added tokens such as <c>&lt;|endoftext|&gt;</c>, which are cut out of a text before all else.</summary>
    public IReadOnlyDictionary<string, int> Specials { get; }

    /// <summary>One more than the highest id.</summary>
    public int VocabularySize { get; }

    /// <summary>The ids of a text.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="template">Whether to add what the file says is put around a text, such as a begin token.</param>
    /// <exception cref="AdapterException">When the file asks for composed letters (NFC) and the text may have others.</exception>
    public IReadOnlyList<int> Encode(string text, bool template = false)
    {
        if (_composed && !UnicodeComposition.IsCertain(text))
            throw new AdapterException($"{_path} asks for Unicode's composed form (NFC), and this text may not be in it: '{text}'.");
        var ids = _tokenizer.EncodeToIds(text);
        return template ? [.. _before, .. ids, .. _after] : ids;
    }

    /// <summary>The text of some ids.</summary>
    public string Decode(IEnumerable<int> ids) => _tokenizer.Decode(ids, considerSpecialTokens: true) ?? "";
}

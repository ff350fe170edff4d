using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Adapters.Methods;

namespace Adapters.Tasks.Data;

/// <summary>The content of a <c>tokenizer.json</c>, checked: what is not supported is refused by its name.</summary>
internal sealed class TokenizerFile
{
    /// <remarks>GPT-2's own split, which a ByteLevel pre-tokenizer stands for.</remarks>
    private const string Gpt2Words = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    private readonly string _path;

    public TokenizerFile(JsonNode root, string path)
    {
        _path = path;
        var model = Member(root, "model");
        if ((string?)model["type"] is not "BPE" and var type)
            throw Refuse($"the model type '{type}' is not supported, only BPE");
        if ((bool?)model["byte_fallback"] == true)
            throw Refuse("BPE with 'byte_fallback' is not supported, only byte-level BPE");

        Vocabulary = Member(model, "vocab").AsObject().ToDictionary(entry => entry.Key, entry => (int)entry.Value!, StringComparer.Ordinal);
        Merges = [.. Member(model, "merges").AsArray().Select(Merge)];
        Specials = (root["added_tokens"] as JsonArray ?? [])
            .ToDictionary(token => (string)Member(token, "content")!, token => (int)Member(token, "id"), StringComparer.Ordinal);
        ComposesUnicode = Normalizes(root["normalizer"]);
        Words = new Regex(SplitOf(root["pre_tokenizer"]), RegexOptions.Compiled | RegexOptions.CultureInvariant);
        (Before, After) = TemplateOf(root["post_processor"]);
    }

    /// <summary>Tokens, spelt in <see cref="ByteAlphabet"/>, and their ids.</summary>
    public IReadOnlyDictionary<string, int> Vocabulary { get; }

    /// <summary>Merges as <c>left right</c>, best first.</summary>
    public IReadOnlyList<string> Merges { get; }

    /// <summary>Added tokens and their ids.</summary>
    public IReadOnlyDictionary<string, int> Specials { get; }

    /// <summary>Whether text is brought into Unicode's composed form (NFC) first.</summary>
    public bool ComposesUnicode { get; }

    /// <summary>What a word is.</summary>
    public Regex Words { get; }

    /// <summary>Ids that the template puts before a text.</summary>
    public int[] Before { get; }

    /// <summary>Ids that the template puts after a text.</summary>
    public int[] After { get; }

    /// <summary>Older files write "a b", newer ones ["a", "b"].</summary>
    private static string Merge(JsonNode? merge) => merge is JsonArray pair ? $"{pair[0]} {pair[1]}" : (string)merge!;

    private bool Normalizes(JsonNode? normalizer)
    {
        switch ((string?)normalizer?["type"])
        {
            case null:
                return false;
            case "NFC":
                return true;
            case "Sequence":
                return Member(normalizer, "normalizers").AsArray().Select(Normalizes).ToArray().Contains(true);
            case var type:
                throw Refuse($"the normalizer '{type}' is not supported");
        }
    }

    private string SplitOf(JsonNode? preTokenizer)
    {
        var parts = (string?)preTokenizer?["type"] == "Sequence"
            ? Member(preTokenizer, "pretokenizers").AsArray().ToArray()
            : [preTokenizer];
        string? split = null;
        var byteLevel = false;
        foreach (var part in parts)
            switch ((string?)part?["type"])
            {
                case "Split" when split is null && !byteLevel:
                    if ((string?)part!["behavior"] != "Isolated" || (bool?)part["invert"] == true || part["pattern"]?["Regex"] is null)
                        throw Refuse("a Split that is not by an isolating regular expression is not supported");
                    split = (string)part["pattern"]!["Regex"]!;
                    break;
                case "ByteLevel" when !byteLevel:
                    if ((bool?)part!["add_prefix_space"] == true)
                        throw Refuse("ByteLevel with 'add_prefix_space' is not supported");
                    byteLevel = true;
                    if ((bool?)part["use_regex"] != false)
                        split = split is null ? Gpt2Words : throw Refuse("two splits, one after the other, are not supported");
                    break;
                case var type:
                    throw Refuse($"the pre-tokenizer '{type ?? "null"}' is not supported in this place");
            }
        return byteLevel && split is not null ? split : throw Refuse("only a byte-level pre-tokenizer with a split is supported");
    }

    private (int[] Before, int[] After) TemplateOf(JsonNode? processor)
    {
        var parts = (string?)processor?["type"] == "Sequence" ? Member(processor, "processors").AsArray().ToArray() : [processor];
        var (before, after) = (new List<int>(), new List<int>());
        foreach (var part in parts)
            switch ((string?)part?["type"])
            {
                case null or "ByteLevel": // it only trims offsets
                    break;
                case "TemplateProcessing":
                    var side = before;
                    foreach (var piece in Member(part, "single").AsArray())
                        if (piece!["Sequence"] is not null)
                            side = after;
                        else
                            side.AddRange(SpecialIds(part, (string)Member(Member(piece, "SpecialToken"), "id")!));
                    break;
                case var type:
                    throw Refuse($"the post-processor '{type}' is not supported");
            }
        return ([.. before], [.. after]);
    }

    private IEnumerable<int> SpecialIds(JsonNode? template, string name) =>
        Member(Member(Member(template, "special_tokens"), name), "ids").AsArray().Select(id => (int)id!);

    private JsonNode Member(JsonNode? parent, string name) => (parent as JsonObject)?[name]
        ?? throw Refuse($"it has no '{name}' where one is needed");

    private AdapterException Refuse(string what) => new($"{_path}: {what}.");
}

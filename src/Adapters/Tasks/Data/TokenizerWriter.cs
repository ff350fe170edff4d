using System.Text.Json.Nodes;
using Adapters.Checkpoints;

namespace Adapters.Tasks.Data;

/// <summary>Writes a vocabulary that <see cref="BpeTrainer"/> learnt as a Hugging Face <c>tokenizer.json</c>.</summary>
internal static class TokenizerWriter
{
    /// <summary>The one added token: what stands between documents. It has the highest id.</summary>
    public const string EndOfText = "<|endoftext|>";

    /// <summary>Writes the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="merges">Merges, best first.</param>
    public static void Write(string path, IReadOnlyList<(int Left, int Right)> merges)
    {
        var spelling = ByteAlphabet.Letters.Select(letter => letter.ToString()).ToList();
        var spelled = new JsonArray();
        foreach (var (left, right) in merges)
        {
            spelled.Add($"{spelling[left]} {spelling[right]}");
            spelling.Add(spelling[left] + spelling[right]);
        }

        var vocabulary = new JsonObject();
        for (var id = 0; id < spelling.Count; id++)
            vocabulary[spelling[id]] = id;
        DurableFile.WriteText(path, Document(vocabulary, spelled, end: spelling.Count).ToJsonString());
    }

    private static JsonObject Document(JsonObject vocabulary, JsonArray merges, int end) => new()
    {
        ["version"] = "1.0",
        ["truncation"] = null,
        ["padding"] = null,
        ["added_tokens"] = new JsonArray(new JsonObject
        {
            ["id"] = end,
            ["content"] = EndOfText,
            ["single_word"] = false,
            ["lstrip"] = false,
            ["rstrip"] = false,
            ["normalized"] = false,
            ["special"] = true,
        }),
        ["normalizer"] = null,
        ["pre_tokenizer"] = new JsonObject
        {
            ["type"] = "Sequence",
            ["pretokenizers"] = new JsonArray(
                new JsonObject
                {
                    ["type"] = "Split",
                    ["pattern"] = new JsonObject { ["Regex"] = BpeTrainer.Words },
                    ["behavior"] = "Isolated",
                    ["invert"] = false,
                },
                ByteLevel(useRegex: false)),
        },
        ["post_processor"] = ByteLevel(useRegex: true),
        ["decoder"] = ByteLevel(useRegex: true),
        ["model"] = new JsonObject
        {
            ["type"] = "BPE",
            ["dropout"] = null,
            ["unk_token"] = null,
            ["continuing_subword_prefix"] = null,
            ["end_of_word_suffix"] = null,
            ["fuse_unk"] = false,
            ["byte_fallback"] = false,
            ["vocab"] = vocabulary,
            ["merges"] = merges,
        },
    };

    private static JsonObject ByteLevel(bool useRegex) => new()
    {
        ["type"] = "ByteLevel",
        ["add_prefix_space"] = false,
        ["trim_offsets"] = true,
        ["use_regex"] = useRegex,
    };
}

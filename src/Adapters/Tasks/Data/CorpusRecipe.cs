using System.Text.Json.Nodes;

namespace Adapters.Tasks.Data;

/// <summary>How much of the SDK's documentation becomes a corpus, and how many tokens its vocabulary has.</summary>
internal sealed record CorpusRecipe
{
    /// <summary>Raised when the same recipe begins to give other bits.</summary>
    private const int Version = 1;

    /// <summary>Files of a domain, the largest first; null for all.</summary>
    public int? FilesPerDomain { get; init; }

    /// <summary>Lines of a file, from its start; null for all.</summary>
    public int? LinesPerFile { get; init; }

    /// <summary>Tokens of the vocabulary, the end-of-text token included.</summary>
    public int VocabularySize { get; init; } = 2048;

    /// <summary>The recipe of a task size; sizes that have none of their own take the whole.</summary>
    public static CorpusRecipe Of(string size) => size switch
    {
        "smoke" => new() { FilesPerDomain = 2, LinesPerFile = 700, VocabularySize = 1024 },
        _ => new(),
    };

    /// <summary>The files of the recipe, in their order.</summary>
    public IReadOnlyList<SdkDocumentation> Choose(IReadOnlyList<SdkDocumentation> files) => FilesPerDomain is not { } count
        ? files
        : [.. files.GroupBy(file => file.Domain)
            .SelectMany(domain => domain.OrderByDescending(file => file.Bytes)
                .ThenBy(file => file.Name, StringComparer.Ordinal).Take(count))
            .OrderBy(file => file.Name, StringComparer.Ordinal)];

    /// <summary>All that determines the corpus. A released pack is never changed, so name, version and size stand for its
    /// content.</summary>
    public JsonObject Determinants(IReadOnlyList<SdkDocumentation> files) => new()
    {
        ["kind"] = "corpus",
        ["version"] = Version,
        ["lines_per_file"] = LinesPerFile,
        ["vocabulary"] = VocabularySize,
        ["files"] = new JsonObject(Choose(files).Select(file => KeyValuePair.Create(file.RelativePath, (JsonNode?)file.Bytes))),
    };
}

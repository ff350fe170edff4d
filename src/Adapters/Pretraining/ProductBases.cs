using Adapters.Methods;

namespace Adapters.Pretraining;

/// <summary>A base model that the product makes itself, since no pretrained one is at hand.</summary>
/// <param name="Id">Its name in sweep files.</param>
/// <param name="Summary">One line.</param>
/// <param name="Family">Its family, which is <c>model_type</c>.</param>
/// <param name="Parameters">Number of its parameters at size quickstart.</param>
public sealed record ProductBase(string Id, string Summary, string Family, long Parameters);

/// <summary>The bases that the product makes itself.</summary>
public static class ProductBases
{
    private static readonly (ProductBase Base, Func<string, BaseRecipe> Recipe)[] Known =
    [
        (new("micro", "A Llama-shaped language model of six blocks, pretrained on general .NET documentation.", "llama", 2_828_736),
            LanguageBases.Micro),
        (new("nano", "A Llama-shaped language model of four blocks, pretrained on general .NET documentation.", "llama", 1_000_576),
            LanguageBases.Nano),
        (new("sam-tiny", "A Segment-Anything-shaped model of four blocks, pretrained to outline regular shapes.", "sam", 351_967),
            VisionBases.Sam),
        (new("vit-tiny", "A vision transformer of four blocks, pretrained to name regular patterns.", "vit", 141_766),
            VisionBases.Vit),
    ];

    /// <summary>All of them, sorted by id.</summary>
    public static IReadOnlyList<ProductBase> All { get; } = [.. Known.Select(known => known.Base)];

    /// <summary>The base of that name, or null: then it is the path of a folder.</summary>
    public static ProductBase? Find(string id) => All.FirstOrDefault(known => known.Id == id);

    /// <summary>How a base is made at a size.</summary>
    /// <exception cref="AdapterException">When the product makes none of that name.</exception>
    internal static BaseRecipe RecipeOf(string id, string size) =>
        Array.Find(Known, known => known.Base.Id == id).Recipe is { } recipe
            ? recipe(size)
            : throw new AdapterException($"There is no base '{id}' that the product makes.");
}

using System.Text.Json.Nodes;
using Adapters.Methods;
using Adapters.Models.Causal;
using Adapters.Models.Layers;
using static TorchSharp.torch;

namespace Adapters.Models.VisionLanguage;

/// <summary>
/// A model of two towers: an image encoder, and a causal language model that reads its patches, taken to the width of token
/// embeddings by a linear projector, before the first token. Positions run over patches and tokens.
/// </summary>
/// <remarks>
/// The plainest form of Liu et al. 2023, arXiv:2304.08485, whose first version has a linear projector too. The towers are whole
/// models of other families and named as those are, behind <c>vision_tower.</c> and <c>language_model.</c>; their configs are
/// <c>vision_config</c> and <c>text_config</c>. Without an image it is its language model.
/// </remarks>
public sealed class VisionLanguageModel : BaseModel
{
    /// <summary>The family.</summary>
    public const string FamilyName = "vision-language";

    private const string VisionPrefix = "vision_tower.";
    private const string LanguagePrefix = "language_model.";
    private const double ProjectorDeviation = 0.02;

    private readonly IImageEncoder _encoder;
    private readonly LinearSite _projector;

    /// <summary>Joins two models, which then are this one's parts; the projector's weights are yet to be loaded or drawn.</summary>
    /// <exception cref="AdapterException">When they are no image encoder and language model.</exception>
    internal VisionLanguageModel(BaseModel vision, BaseModel language, Device? device = null)
        : base(FamilyName, new() { ["model_type"] = FamilyName, ["vision_config"] = vision.Config, ["text_config"] = language.Config })
    {
        _encoder = vision as IImageEncoder ?? throw new AdapterException($"A {vision.Family} model is no image encoder.");
        LanguageModel = language as CausalModel ?? throw new AdapterException($"A {language.Family} model is no language model.");
        Vision = vision;
        _encoder.DropHead();
        NameParts(vision, VisionPrefix);
        NameParts(language, LanguagePrefix);
        register_module(VisionPrefix[..^1], vision);
        register_module("projector", _projector = new LinearSite(_encoder.FeatureWidth, LanguageModel.Architecture.Hidden, true, device));
        register_module(LanguagePrefix[..^1], language);
    }

    /// <summary>Makes the model that a config describes.</summary>
    /// <exception cref="AdapterException">When a tower's config is missing or wrong.</exception>
    internal static VisionLanguageModel Of(JsonObject config, Device? device)
    {
        return new VisionLanguageModel(Tower("vision_config"), Tower("text_config"), device);

        BaseModel Tower(string section) => config[section] is JsonObject tower
            ? ModelFamilies.Create(tower, device)
            : throw new AdapterException($"config.json has no object '{section}', which a {FamilyName} model needs.");
    }

    /// <summary>The image encoder, a model of its own family but for its head.</summary>
    public BaseModel Vision { get; }

    /// <inheritdoc/>
    public override CausalModel LanguageModel { get; }

    /// <summary>Names of the projector's parameters, which nothing but a task's own training gives a meaning.</summary>
    public static IReadOnlyList<string> Projector => ["projector.weight", "projector.bias"];

    /// <summary>Is given what a forward pass is given, before either tower runs; null where nothing looks at both.</summary>
    internal Action<Prompt>? Beginning { get; set; }

    /// <summary>Height and width of the images in pixels.</summary>
    public (int Height, int Width) Image => _encoder.Image;

    /// <summary>Number of embeddings that an image is read as, one a patch.</summary>
    public int ImageTokens => _encoder.Grid.Height * _encoder.Grid.Width;

    /// <summary>Both towers'.</summary>
    public override IReadOnlyList<string> DefaultTargets => [.. Vision.DefaultTargets, .. LanguageModel.DefaultTargets];

    /// <summary>Both towers'.</summary>
    public override IReadOnlyList<string> AttentionTargets => [.. Vision.AttentionTargets, .. LanguageModel.AttentionTargets];

    /// <summary>The image encoder's, then the language model's.</summary>
    public override IReadOnlyList<ModelBlock> Blocks => [.. Vision.Blocks, .. LanguageModel.Blocks];

    /// <inheritdoc/>
    public override Site? PatchEmbedding => Vision.PatchEmbedding;

    /// <inheritdoc/>
    public override SitePlace? PlaceOf(string site) => Within(VisionPrefix, site) is { } seen ? Vision.PlaceOf(seen)
        : Within(LanguagePrefix, site) is { } read && LanguageModel.PlaceOf(read) is { } place
            ? place with { Block = place.Block + Vision.Blocks.Count }
            : null;

    /// <inheritdoc/>
    public override SpatialLayout? LayoutOf(string site) => Within(VisionPrefix, site) is { } seen ? Vision.LayoutOf(seen) : null;

    /// <summary>Logits of each token.</summary>
    /// <param name="tokens">Integers <c>[batch, seq]</c>.</param>
    /// <param name="pixels">Normalised images that the tokens stand behind <c>[batch, channels, height, width]</c>; null for none.</param>
    /// <param name="mask">Which tokens are real <c>[batch, seq]</c> (0 = padding), or null when all are.</param>
    /// <returns><c>[batch, seq, vocabulary]</c></returns>
    public Tensor Logits(Tensor tokens, Tensor? pixels = null, Tensor? mask = null)
    {
        using var scope = NewDisposeScope();
        Beginning?.Invoke(new Prompt(tokens, pixels, mask));
        return LanguageModel.Logits(tokens, mask, prefix: See(pixels)).MoveToOuterDisposeScope();
    }

    /// <summary>Logits of the token behind the last one.</summary>
    /// <param name="tokens">Integers <c>[batch, seq]</c>, of rows of one length.</param>
    /// <param name="pixels">Images, or null.</param>
    /// <returns><c>[batch, vocabulary]</c></returns>
    public Tensor NextToken(Tensor tokens, Tensor? pixels = null)
    {
        using var scope = NewDisposeScope();
        Beginning?.Invoke(new Prompt(tokens, pixels));
        return LanguageModel.NextToken(tokens, prefix: See(pixels)).MoveToOuterDisposeScope();
    }

    /// <summary>Draws the projector afresh.</summary>
    internal void DrawProjector(Generator generator)
    {
        using var frozen = no_grad();
        FreshWeights.Normal(_projector.Weight, ProjectorDeviation, generator);
        _projector.Bias!.zero_();
    }

    /// <inheritdoc/>
    protected internal override WeightNames FileNames => new()
    {
        Head = ["projector."],
        AnyLength = name => Within(VisionPrefix, name) is { } seen && Vision.FileNames.AnyLength(seen),
    };

    /// <inheritdoc/>
    protected internal override void Initialise(Generator generator)
    {
        Vision.Initialise(generator);
        LanguageModel.Initialise(generator);
        DrawProjector(generator);
    }

    /// <summary>What stands before the tokens <c>[batch, patches, hidden]</c>; null where there is no image.</summary>
    private Tensor? See(Tensor? pixels) => pixels is null ? null : _projector.call(_encoder.PatchFeatures(pixels));

    private static string? Within(string tower, string name) =>
        name.StartsWith(tower, StringComparison.Ordinal) ? name[tower.Length..] : null;

    private static void NameParts(BaseModel tower, string prefix)
    {
        foreach (var (whole, feedForward) in tower.Blocks)
        {
            whole.NameWithin(prefix);
            feedForward.NameWithin(prefix);
        }
    }
}

/// <summary>What a model of two towers is asked.</summary>
/// <param name="Tokens">Integers <c>[batch, seq]</c>.</param>
/// <param name="Pixels">Images that they stand behind <c>[batch, channels, height, width]</c>; null for none.</param>
/// <param name="Mask">Which tokens are real <c>[batch, seq]</c> (0 = padding); null when all are.</param>
internal sealed record Prompt(Tensor Tokens, Tensor? Pixels, Tensor? Mask = null);

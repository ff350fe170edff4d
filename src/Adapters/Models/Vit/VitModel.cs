using System.Text.Json.Nodes;
using Adapters.Models.Layers;
using Adapters.Models.VisionLanguage;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Adapters.Models.Vit;

/// <summary>A vision transformer that classifies images.</summary>
/// <remarks>Dosovitskiy et al. 2020, arXiv:2010.11929.</remarks>
public sealed class VitModel : BaseModel, IImageEncoder
{
    private readonly VitEmbeddings _embeddings;
    private readonly ModuleList<VitBlock> _blocks;
    private readonly AffineNorm _norm;
    private readonly Device? _device;
    private LinearSite _classifier;

    internal VitModel(JsonObject config, Device? device = null) : base("vit", config)
    {
        _device = device;
        Architecture = VitConfig.Read(config);
        _embeddings = new VitEmbeddings(Architecture, device);
        _blocks = new([.. Enumerable.Range(0, Architecture.Layers).Select(block => new VitBlock(Architecture, block, device))]);
        _norm = new AffineNorm(Architecture.Hidden, Architecture.NormEpsilon, device);
        register_module("vit", new Container(
            ("embeddings", _embeddings), ("encoder", new Container(("layer", _blocks))), ("layernorm", _norm)));
        _classifier = new LinearSite(Architecture.Hidden, Architecture.Classes, hasBias: true, device);
        register_module("classifier", _classifier);
    }

    /// <summary>The architecture.</summary>
    public VitConfig Architecture { get; private set; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> DefaultTargets => ["query", "value"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> AttentionTargets => ["query", "key", "value", "attention.output.dense"];

    /// <inheritdoc/>
    public override IReadOnlyList<ModelBlock> Blocks => [.. _blocks.Select(block => block.Parts)];

    /// <inheritdoc/>
    public override Site PatchEmbedding => Sites["vit.embeddings.patch_embeddings.projection"];

    /// <inheritdoc/>
    public override SitePlace? PlaceOf(string site) => PlaceIn(site, "vit.encoder.layer.", attention: "attention.");

    /// <summary>The patch tokens behind the class token, for images of the size that the config names.</summary>
    public override SpatialLayout? LayoutOf(string site) => PlaceOf(site) is null ? null
        : new SpatialLayout(Tokens: true, Prefix: 1, Architecture.Grid.Height, Architecture.Grid.Width);

    /// <summary>Logits of each image's class.</summary>
    /// <param name="pixels">Normalised images <c>[batch, channels, height, width]</c>; for a size other than the config's
    /// the position table is resized bicubically.</param>
    /// <returns><c>[batch, classes]</c></returns>
    public Tensor Logits(Tensor pixels)
    {
        using var scope = NewDisposeScope();
        var x = _blocks.Aggregate(Embed(pixels), (x, block) => block.call(x));
        return _classifier.call(_norm.call(x.narrow(1, 0, 1)).squeeze(1)).MoveToOuterDisposeScope();
    }

    /// <summary>The embeddings and each block's output; the final norm is not in them.</summary>
    /// <param name="pixels"><c>[batch, channels, height, width]</c></param>
    /// <returns>Each <c>[batch, 1 + grid, hidden]</c>.</returns>
    public IReadOnlyList<Tensor> HiddenStates(Tensor pixels)
    {
        using var scope = NewDisposeScope();
        var states = new List<Tensor> { Embed(pixels) };
        foreach (var block in _blocks)
            states.Add(block.call(states[^1]));
        return [.. states.Select(state => state.MoveToOuterDisposeScope())];
    }

    Tensor IImageEncoder.PatchFeatures(Tensor pixels)
    {
        using var scope = NewDisposeScope();
        var x = _norm.call(_blocks.Aggregate(Embed(pixels), (x, block) => block.call(x)));
        return x.narrow(1, 1, x.shape[1] - 1).MoveToOuterDisposeScope();
    }

    long IImageEncoder.FeatureWidth => Architecture.Hidden;

    (int Height, int Width) IImageEncoder.Image => Architecture.Image;

    (int Height, int Width) IImageEncoder.Grid => Architecture.Grid;

    void IImageEncoder.DropHead()
    {
        register_module("classifier", null!);
        _classifier.Dispose();
        ForgetSites();
    }

    /// <summary>Replaces the classifier by a fresh one, whose labels <see cref="BaseModel.Config"/> then numbers.</summary>
    /// <param name="classes">Number of classes, at least 1.</param>
    /// <param name="seed">Seed of its weights.</param>
    public void ReplaceClassifier(int classes, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        register_module("classifier", null!); // takes the old one out
        _classifier.Dispose();
        _classifier = new LinearSite(Architecture.Hidden, classes, hasBias: true, _device);
        register_module("classifier", _classifier);
        ForgetSites();
        using var generator = new Generator(seed);
        FreshWeights.TruncatedNormal(_classifier.Weight, Architecture.InitialDeviation, generator);

        Architecture = Architecture with { Classes = classes };
        var labels = Enumerable.Range(0, classes).ToArray();
        Config["id2label"] = new JsonObject(labels.Select(label => KeyValuePair.Create($"{label}", (JsonNode?)$"LABEL_{label}")));
        Config["label2id"] = new JsonObject(labels.Select(label => KeyValuePair.Create($"LABEL_{label}", (JsonNode?)label)));
    }

    private Tensor Embed(Tensor pixels)
    {
        Begin(ModelInput.Of(pixels, Architecture.Patch));
        return _embeddings.call(pixels);
    }

    /// <inheritdoc/>
    protected internal override WeightNames FileNames => new()
    {
        Prefix = "vit.",
        Head = ["classifier.", "pooler.", "vit.pooler."],
    };

    /// <inheritdoc/>
    protected internal override void Initialise(Generator generator)
    {
        foreach (var (_, parameter) in named_parameters())
            if (parameter.dim() > 1)
                FreshWeights.TruncatedNormal(parameter, Architecture.InitialDeviation, generator);
    }
}

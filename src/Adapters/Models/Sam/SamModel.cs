using System.Text.Json.Nodes;
using Adapters.Models.Layers;
using Adapters.Models.VisionLanguage;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models.Sam;

/// <summary>Segment Anything: an image encoder and a mask decoder that is asked without prompts.</summary>
/// <remarks>Kirillov et al. 2023, arXiv:2304.02643.</remarks>
public sealed class SamModel : BaseModel, IImageEncoder
{
    /// <summary>What the names of the mask decoder's parameters begin with.</summary>
    public const string MaskDecoderPrefix = "mask_decoder.";

    private readonly SamGridPositions _positions;
    private readonly SamVisionEncoder _encoder;
    private readonly SamPromptEncoder _prompts;
    private readonly SamMaskDecoder _decoder;
    private bool _hasHead = true;

    internal SamModel(JsonObject config, Device? device = null) : base("sam", config)
    {
        Architecture = SamConfig.Read(config);
        _positions = new SamGridPositions(Architecture.Vision.PositionFrequencies, device);
        register_module("shared_image_embedding", _positions);
        register_module("vision_encoder", _encoder = new SamVisionEncoder(Architecture.Vision, device));
        register_module("prompt_encoder", _prompts = new SamPromptEncoder(Architecture.Prompt, device));
        register_module("mask_decoder", _decoder = new SamMaskDecoder(Architecture.Decoder, device));
    }

    /// <summary>The architecture.</summary>
    public SamConfig Architecture { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> DefaultTargets => ["qkv"];

    /// <summary>The fused query, key and value of the image encoder, and its output projection.</summary>
    public override IReadOnlyList<string> AttentionTargets => ["qkv", "proj"];

    /// <inheritdoc/>
    public override IReadOnlyList<ModelBlock> Blocks => _encoder.Blocks;

    /// <inheritdoc/>
    public override Site PatchEmbedding => Sites["vision_encoder.patch_embed.projection"];

    /// <inheritdoc/>
    public override SitePlace? PlaceOf(string site) => PlaceIn(site, BlockPrefix, attention: "attn.");

    /// <summary>The grid, which attention of a windowed block sees in windows.</summary>
    public override SpatialLayout? LayoutOf(string site)
    {
        if (PlaceOf(site) is not { } place)
            return null;
        var (height, width) = place.Part == "attention" ? Architecture.Vision.AttendedBy(place.Block) : Architecture.Vision.Grid;
        return new SpatialLayout(Tokens: false, Prefix: 0, height, width);
    }

    /// <summary>What the decoder reads of an image.</summary>
    /// <param name="pixels">Normalised images <c>[batch, channels, height, width]</c>; of another size than the config's, positions are
    /// interpolated.</param>
    /// <returns><c>[batch, channels, rows, columns]</c></returns>
    public Tensor ImageEmbeddings(Tensor pixels) => Encode(pixels);

    Tensor IImageEncoder.PatchFeatures(Tensor pixels)
    {
        using var scope = NewDisposeScope();
        return ImageEmbeddings(pixels).flatten(2).transpose(1, 2).MoveToOuterDisposeScope();
    }

    long IImageEncoder.FeatureWidth => Architecture.Vision.Outputs;

    (int Height, int Width) IImageEncoder.Image => Architecture.Vision.Image;

    (int Height, int Width) IImageEncoder.Grid => Architecture.Vision.Grid;

    void IImageEncoder.DropHead()
    {
        foreach (var (name, part) in new (string, Module)[]
            { ("shared_image_embedding", _positions), ("prompt_encoder", _prompts), ("mask_decoder", _decoder) })
        {
            register_module(name, null!);
            part.Dispose();
        }

        _hasHead = false;
        ForgetSites();
    }

    /// <summary>The embedded patches and each block's output.</summary>
    /// <param name="pixels"><c>[batch, channels, height, width]</c></param>
    /// <returns>Each <c>[batch, rows, columns, hidden]</c>.</returns>
    public IReadOnlyList<Tensor> HiddenStates(Tensor pixels)
    {
        using var scope = NewDisposeScope();
        var states = new List<Tensor>();
        Encode(pixels, x => states.Add(x.alias().MoveToOuterDisposeScope()));
        return [.. states.Select(state => state.MoveToOuterDisposeScope())];
    }

    /// <summary>The position code of the image embedding's grid.</summary>
    /// <returns><c>[1, channels, rows, columns]</c></returns>
    public Tensor GridPositions() => _positions.For(Architecture.Vision.Grid.Height, Architecture.Vision.Grid.Width);

    /// <summary>Masks of image embeddings, without prompts.</summary>
    /// <param name="embeddings">What <see cref="ImageEmbeddings"/> gave <c>[batch, channels, rows, columns]</c>.</param>
    /// <param name="multimask">Whether to give the masks for ambiguous prompts, instead of the single one.</param>
    public SamMasks Masks(Tensor embeddings, bool multimask = false)
    {
        using var scope = NewDisposeScope();
        var masks = _decoder.Run(embeddings + _prompts.NoMask(), _positions.For(embeddings.shape[2], embeddings.shape[3]), multimask);
        return new SamMasks(masks.Logits.MoveToOuterDisposeScope(), masks.Scores.MoveToOuterDisposeScope());
    }

    /// <summary>Logits of the single mask of each image, at the image's size.</summary>
    /// <param name="pixels"><c>[batch, channels, height, width]</c></param>
    /// <returns><c>[batch, height, width]</c></returns>
    public Tensor MaskLogits(Tensor pixels)
    {
        using var scope = NewDisposeScope();
        var (logits, _) = Masks(ImageEmbeddings(pixels));
        var size = new[] { pixels.shape[2], pixels.shape[3] };
        var upsampled = functional.interpolate(logits, size, mode: InterpolationMode.Bilinear, align_corners: false);
        return upsampled.squeeze(1).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected internal override WeightNames FileNames => new()
    {
        Aliases = new Dictionary<string, string> { ["shared_image_embedding.positional_embedding"] = PositionsCopy },
        Ignored = name => name == PositionsCopy,
        AnyLength = IsRelativeTable,
    };

    /// <inheritdoc/>
    protected internal override void Initialise(Generator generator)
    {
        foreach (var (name, parameter) in named_parameters())
            if (parameter.dim() > 1 && !IsPositionTable(name))
                FreshWeights.Normal(parameter, Architecture.InitialDeviation, generator);
        if (_hasHead) // one turn over the image on average, as the authors' code draws them; tables of positions start at 0
            FreshWeights.Normal(_positions.Directions, 1, generator);

        static bool IsPositionTable(string name) =>
            name.EndsWith("pos_embed", StringComparison.Ordinal) || IsRelativeTable(name);
    }

    private Tensor Encode(Tensor pixels, Action<Tensor>? each = null)
    {
        Begin(ModelInput.Of(pixels, Architecture.Vision.Patch));
        return _encoder.Run(pixels, each);
    }

    private static bool IsRelativeTable(string name) => name.Contains(".rel_pos_", StringComparison.Ordinal);

    private const string BlockPrefix = "vision_encoder.layers.";
    private const string PositionsCopy = "prompt_encoder.shared_embedding.positional_embedding";
}

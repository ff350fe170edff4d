using Adapters.Methods;
using Adapters.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models.Sam;

/// <summary>SAM's image encoder: patches, blocks, and a neck to the channels that the decoder reads.</summary>
internal sealed class SamVisionEncoder : Module<Tensor, Tensor>
{
    private const double NeckEpsilon = 1e-6; // whatever the config says, as in the reference
    private readonly SamVisionConfig _config;
    private readonly ConvolutionSite _patches, _neckIn, _neckOut;
    private readonly AffineNorm _neckNorm, _outNorm;
    private readonly ModuleList<SamVisionBlock> _blocks;
    private readonly Parameter? _positions; // [1, rows, columns, hidden]

    public SamVisionEncoder(SamVisionConfig config, Device? device) : base(nameof(SamVisionEncoder))
    {
        _config = config;
        var (rows, columns) = config.Grid;
        if (config.AbsolutePositions)
            register_parameter("pos_embed", _positions = Parameter(zeros(1, rows, columns, config.Hidden, device: device)));
        _patches = new ConvolutionSite(config.Channels, config.Hidden, config.Patch, device) { Stride = config.Patch };
        _blocks = new([.. Enumerable.Range(0, config.Layers).Select(block => new SamVisionBlock(config, block, device))]);
        _neckIn = new ConvolutionSite(config.Hidden, config.Outputs, (1, 1), device, hasBias: false);
        _neckNorm = new AffineNorm(config.Outputs, NeckEpsilon, device, channelsFirst: true);
        _neckOut = new ConvolutionSite(config.Outputs, config.Outputs, (3, 3), device, hasBias: false) { Padding = 1 };
        _outNorm = new AffineNorm(config.Outputs, NeckEpsilon, device, channelsFirst: true);
        register_module("patch_embed", new Container(("projection", _patches)));
        register_module("layers", _blocks);
        register_module("neck", new Container(
            ("conv1", _neckIn), ("layer_norm1", _neckNorm), ("conv2", _neckOut), ("layer_norm2", _outNorm)));
    }

    /// <summary>What adapters can stand around, block by block.</summary>
    public IReadOnlyList<ModelBlock> Blocks => [.. _blocks.Select(block => block.Parts)];

    /// <param name="pixels"><c>[batch, channels, height, width]</c>; of another size than the config's, positions are interpolated.</param>
    /// <returns><c>[batch, outputs, rows, columns]</c></returns>
    public override Tensor forward(Tensor pixels) => Run(pixels);

    /// <param name="pixels"><c>[batch, channels, height, width]</c></param>
    /// <param name="each">Is given the embedded patches and each block's output <c>[batch, rows, columns, hidden]</c>.</param>
    public Tensor Run(Tensor pixels, Action<Tensor>? each = null)
    {
        using var scope = NewDisposeScope();
        var x = Embed(pixels);
        each?.Invoke(x);
        foreach (var block in _blocks)
        {
            x = block.call(x);
            each?.Invoke(x);
        }
        var image = _neckNorm.call(_neckIn.call(x.permute(0, 3, 1, 2)));
        return _outNorm.call(_neckOut.call(image)).MoveToOuterDisposeScope();
    }

    protected override void RegisterComponents() { }

    private Tensor Embed(Tensor pixels)
    {
        if (pixels.shape[1] != _config.Channels)
            throw new AdapterException($"The model sees {_config.Channels} channels, but the image has {pixels.shape[1]}.");
        var patches = _patches.call(pixels).permute(0, 2, 3, 1); // [batch, rows, columns, hidden]
        return _positions is null ? patches : patches + GridTable.For(_positions, patches.shape[1], patches.shape[2]);
    }
}

using Adapters.Methods;
using Adapters.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models.Vit;

/// <summary>Patches of an image as tokens behind a class token, each with its position's vector added.</summary>
internal sealed class VitEmbeddings : Module<Tensor, Tensor>
{
    private readonly VitConfig _config;
    private readonly ConvolutionSite _projection;
    private readonly Parameter _class; // [1, 1, hidden]
    private readonly Parameter _positions; // [1, 1 + grid, hidden]

    public VitEmbeddings(VitConfig config, Device? device) : base(nameof(VitEmbeddings))
    {
        _config = config;
        var (height, width) = config.Grid;
        register_parameter("cls_token", _class = Parameter(zeros(1, 1, config.Hidden, device: device)));
        _positions = Parameter(zeros(1, 1 + (height * width), config.Hidden, device: device));
        register_parameter("position_embeddings", _positions);
        _projection = new ConvolutionSite(config.Channels, config.Hidden, config.Patch, device) { Stride = config.Patch };
        register_module("patch_embeddings", new Container(("projection", _projection)));
    }

    /// <param name="pixels"><c>[batch, channels, height, width]</c></param>
    /// <returns><c>[batch, 1 + grid, hidden]</c></returns>
    public override Tensor forward(Tensor pixels)
    {
        using var scope = NewDisposeScope();
        if (pixels.shape[1] != _config.Channels)
            throw new AdapterException($"The model sees {_config.Channels} channels, but the image has {pixels.shape[1]}.");
        var patches = _projection.call(pixels); // [batch, hidden, rows, columns]
        var tokens = patches.flatten(2).transpose(1, 2);
        var withClass = cat([_class.expand(tokens.shape[0], -1, -1), tokens], 1);
        var embedded = withClass + PositionsFor(patches.shape[2], patches.shape[3]);
        return functional.dropout(embedded, _config.HiddenDropout, training).MoveToOuterDisposeScope();
    }

    protected override void RegisterComponents() { }

    /// <summary>The position table, its patch part resized to the grid of an image of another size.</summary>
    private Tensor PositionsFor(long rows, long columns)
    {
        var (height, width) = _config.Grid;
        if ((rows, columns) == (height, width))
            return _positions;
        var (ofClass, ofPatches) = (_positions.narrow(1, 0, 1), _positions.narrow(1, 1, height * width));
        var resized = GridTable.For(ofPatches.reshape(1, height, width, _config.Hidden), rows, columns);
        return cat([ofClass, resized.reshape(1, rows * columns, _config.Hidden)], 1);
    }
}

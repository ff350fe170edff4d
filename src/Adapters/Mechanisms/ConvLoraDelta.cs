using Adapters.Models;
using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>
/// Conv-LoRA beside a linear layer: <c>y + s·B(h + z)</c> with h = A·drop(x), and z what the experts that a gate chose for
/// each image make of h as a map.
/// </summary>
public sealed class ConvLoraDelta : LowRankDelta
{
    private readonly GatedScales _experts;
    private readonly ShiftedWindows? _windows;
    private SpatialLayout _layout;

    /// <summary>Puts the parts beside a layer; of the factors see <see cref="LowRankDelta"/>. The experts are freed with this.</summary>
    public ConvLoraDelta(Site site, Tensor a, Tensor b, double scale, double dropout,
        GatedScales experts, SpatialLayout layout, ShiftedWindows? windows = null)
        : base(site, a, b, scale, dropout)
    {
        (_experts, _layout, _windows) = (experts, layout, windows);
        foreach (var (key, parameter) in experts.Gate.Parameters)
            Own($"lora_gate.{key}", parameter);
        Own("lora_experts.weight", experts.Experts.Weight);
        Own("lora_experts.bias", experts.Experts.Bias);
        if (windows is not null)
            Own("lora_windows.score", windows.Score);
    }

    /// <inheritdoc/>
    public override void Begin(ModelInput input)
    {
        if (_layout.Tokens && input.Grid is var (rows, columns)) // of another size than the model was made for
            _layout = _layout with { Height = rows, Width = columns };
    }

    /// <inheritdoc/>
    public override string MergeObstacle => "Conv-LoRA cannot be merged: its convolutions look at the whole map and each image "
        + "is routed to its own, so no weight of a linear layer does the same.";

    /// <inheritdoc/>
    public override Tensor Delta() => throw new NotSupportedException(MergeObstacle);

    /// <inheritdoc/>
    public override Tensor Adapt(Tensor x, Tensor y)
    {
        using var scope = NewDisposeScope();
        return Site.AddMixed(y, Bottleneck(x), B, Scale).MoveToOuterDisposeScope();
    }

    /// <summary>h + z <c>[..., rank]</c>; in training mode it counts how the experts are used.</summary>
    internal override Tensor Bottleneck(Tensor x)
    {
        var (bottleneck, _, choice) = See(x);
        Imbalance.Keep(training ? choice.Imbalance() : null);
        return bottleneck;
    }

    /// <summary>How unevenly the last pass used the experts.</summary>
    public PassImbalance Imbalance { get; } = new();

    /// <summary>What one forward pass computes.</summary>
    /// <param name="Output">The adapted output <c>[..., out]</c>.</param>
    /// <param name="Bottleneck">h + z <c>[..., rank]</c></param>
    /// <param name="Features">What the gate saw <c>[images or windows, rank]</c>.</param>
    /// <param name="Choice">How it routed.</param>
    internal sealed record Pass(Tensor Output, Tensor Bottleneck, Tensor Features, GateChoice Choice);

    /// <summary>A forward pass with all that it passes through.</summary>
    internal Pass Trace(Tensor x, Tensor y)
    {
        var (bottleneck, features, choice) = See(x);
        return new Pass(Site.AddMixed(y, bottleneck, B, Scale), bottleneck, features, choice);
    }

    private (Tensor Bottleneck, Tensor Features, GateChoice Choice) See(Tensor x)
    {
        var h = Down(x, A); // [images, height, width, rank] or [images, prefix + height·width, rank]
        var prefix = _layout.Tokens ? _layout.Prefix : 0;
        var grid = prefix > 0 ? h.narrow(1, prefix, h.shape[1] - prefix) : h;
        var map = AsMap(grid); // [images, rank, height, width]

        var (update, features, choice) = _windows?.Of(map, _experts, training) ?? _experts.Of(map, training);
        var z = update.permute(0, 2, 3, 1).reshape(grid.shape);
        return (prefix > 0 ? cat([h.narrow(1, 0, prefix), grid + z], 1) : h + z, features, choice);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Imbalance.Dispose();
            _experts.Dispose();
        }

        base.Dispose(disposing);
    }

    private Tensor AsMap(Tensor grid)
    {
        if (_layout.Tokens && grid.shape[1] != _layout.Height * _layout.Width)
            throw new InvalidOperationException(
                $"{grid.shape[1]} tokens do not fill the grid of {_layout.Height}×{_layout.Width}.");
        var image = _layout.Tokens ? grid.reshape(grid.shape[0], _layout.Height, _layout.Width, -1) : grid;
        return image.permute(0, 3, 1, 2);
    }
}

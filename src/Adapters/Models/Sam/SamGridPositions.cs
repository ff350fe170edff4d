using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models.Sam;

/// <summary>The position code of the image embedding's grid: sines and cosines of fixed random directions.</summary>
/// <remarks>Tancik et al. 2020, arXiv:2006.10739.</remarks>
internal sealed class SamGridPositions : Module
{
    private readonly Tensor _directions; // [2, frequencies]

    public SamGridPositions(int frequencies, Device? device) : base(nameof(SamGridPositions)) =>
        register_buffer("positional_embedding", _directions = zeros(2, frequencies, device: device).DetachFromDisposeScope());

    /// <summary>The directions <c>[2, frequencies]</c>.</summary>
    public Tensor Directions => _directions;

    /// <summary>The code of each cell's centre.</summary>
    /// <returns><c>[1, 2·frequencies, rows, columns]</c></returns>
    public Tensor For(long rows, long columns)
    {
        using var scope = NewDisposeScope();
        var y = ((arange(rows, dtype: float32, device: _directions.device) + 0.5) / rows).view(-1, 1).expand(rows, columns);
        var x = ((arange(columns, dtype: float32, device: _directions.device) + 0.5) / columns).view(1, -1).expand(rows, columns);
        var angles = ((2 * stack([x, y], -1)) - 1).matmul(_directions) * (2 * Math.PI); // [rows, columns, frequencies]
        return cat([angles.sin(), angles.cos()], -1).permute(2, 0, 1).unsqueeze(0).MoveToOuterDisposeScope();
    }

    protected override void RegisterComponents() { }
}

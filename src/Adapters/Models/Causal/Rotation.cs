using static TorchSharp.torch;

namespace Adapters.Models.Causal;

/// <summary>Cosines and sines of some positions, ready to turn heads <c>[batch, seq, heads, width]</c>.</summary>
/// <param name="Cosine"><c>[seq, 1, width]</c> or <c>[batch, seq, 1, width]</c>: the angles' cosines, written twice.</param>
/// <param name="Sine">The same shape: the angles' sines, negated in the first half.</param>
internal sealed record Rotation(Tensor Cosine, Tensor Sine) : IDisposable
{
    public long Length => Cosine.shape[0];

    public Device Device => Cosine.device;

    /// <summary>The table for the positions 0 to <paramref name="length"/> - 1. It outlives dispose scopes.</summary>
    public static Rotation Compute(Tensor frequencies, long length, Device device)
    {
        using var scope = NewDisposeScope();
        var angles = outer(arange(length, dtype: float32), frequencies); // [seq, width/2]
        var (cosine, sine) = (angles.cos(), angles.sin());
        return new Rotation(Kept(cat([cosine, cosine], -1)), Kept(cat([-sine, sine], -1)));

        Tensor Kept(Tensor table) => table.unsqueeze(1).to(device).DetachFromDisposeScope();
    }

    public Rotation Narrow(long first, long count) => new(Cosine.narrow(0, first, count), Sine.narrow(0, first, count));

    public Rotation Select(Tensor positions) => new(At(Cosine, positions), At(Sine, positions));

    /// <summary>Turns each head by its position: <c>x·cos + rotate_half(x)·sin</c>, the halves swapped by one roll.</summary>
    /// <param name="x"><c>[batch, seq, heads, width]</c></param>
    public Tensor Apply(Tensor x)
    {
        using var scope = NewDisposeScope();
        var swapped = x.roll(x.shape[^1] / 2, -1);
        return (x * Cosine.to(x.dtype)).addcmul(swapped, Sine.to(x.dtype), 1).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        Cosine.Dispose();
        Sine.Dispose();
    }

    private static Tensor At(Tensor table, Tensor positions) =>
        table.index_select(0, positions.reshape(-1)).view([.. positions.shape, 1, table.shape[^1]]);
}

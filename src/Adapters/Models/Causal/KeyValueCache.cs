using static TorchSharp.torch;

namespace Adapters.Models.Causal;

/// <summary>Keys and values of the tokens seen so far, for each block, so that generating a token costs one token.</summary>
/// <param name="layers">Number of blocks.</param>
/// <param name="capacity">Tokens that will be seen in all.</param>
internal sealed class KeyValueCache(int layers, long capacity) : IDisposable
{
    private readonly (Tensor Keys, Tensor Values)?[] _layers = new (Tensor, Tensor)?[layers];

    /// <summary>Tokens seen before this forward pass.</summary>
    public long Length { get; private set; }

    /// <summary>Adds a block's new keys and values and returns all of them.</summary>
    /// <param name="layer">Index of the block.</param>
    /// <param name="keys"><c>[batch, seq, heads, width]</c>, rotated.</param>
    /// <param name="values"><c>[batch, seq, heads, width]</c></param>
    public (Tensor Keys, Tensor Values) Append(int layer, Tensor keys, Tensor values)
    {
        var (allKeys, allValues) = _layers[layer] ??= (Room(keys), Room(values));
        var count = keys.shape[1];
        allKeys.narrow(1, Length, count).copy_(keys);
        allValues.narrow(1, Length, count).copy_(values);
        return (allKeys.narrow(1, 0, Length + count), allValues.narrow(1, 0, Length + count));
    }

    /// <summary>Ends a forward pass over that many tokens.</summary>
    public void Advance(long count) => Length += count;

    public void Dispose()
    {
        foreach (var layer in _layers)
        {
            layer?.Keys.Dispose();
            layer?.Values.Dispose();
        }
    }

    private Tensor Room(Tensor like)
    {
        var (batch, heads, width) = (like.shape[0], like.shape[2], like.shape[3]);
        return empty(batch, capacity, heads, width, dtype: like.dtype, device: like.device).DetachFromDisposeScope();
    }
}

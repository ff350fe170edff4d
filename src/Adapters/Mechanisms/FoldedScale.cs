using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Mechanisms;

/// <summary>
/// Bicubic enlarging by a factor e, a 3×3 convolution, an activation, and bicubic shrinking back, without ever making
/// the enlarged map.
/// </summary>
/// <remarks>
/// Shrinking looks at few enlarged pixels: an odd e puts its sampling point on the centre of each e×e cell, an even e on a
/// crossing between 4×4 pixels. What the convolution gives at those is linear in the 5×5 original pixels around, so it is
/// one 5×5 convolution with one (odd) or sixteen (even) outputs a channel, on the map with its border repeated. Exact
/// where the convolution's zero padding is out of their reach: e = 3 and e ≥ 5. Saves e² of memory and nearly of time.
/// </remarks>
internal sealed class FoldedScale : IDisposable
{
    private readonly int _taps; // enlarged pixels that shrinking looks at, along one axis
    private readonly Tensor _enlarge; // [taps·5, 3]: enlarged pixels around each tap from original pixels
    private readonly Tensor _enlargeAcross; // the same, [3, taps·5]
    private readonly Tensor _shrink; // [1, taps·taps]

    public FoldedScale(int factor, Tensor like)
    {
        if (!Fits(factor))
            throw new ArgumentOutOfRangeException(nameof(factor), factor, "The border reaches into what shrinking looks at.");

        var odd = factor % 2 == 1;
        int[] taps = odd ? [factor / 2] : [.. Enumerable.Range(factor / 2 - 2, 4)]; // within the cell of e pixels
        double[] weights = odd ? [1] : [Bicubic.Weight(1.5), Bicubic.Weight(0.5), Bicubic.Weight(0.5), Bicubic.Weight(1.5)];
        _taps = taps.Length;
        // Rows are (tap, original pixel), columns the three enlarged pixels that the convolution sees at the tap.
        var enlarge = taps.SelectMany(tap => Enumerable.Range(-2, 5).SelectMany(original =>
            Enumerable.Range(tap - 1, 3).Select(pixel => Weight(pixel, original, factor))));
        _enlarge = Constant(enlarge, like, _taps * 5, 3);
        _enlargeAcross = _enlarge.t().contiguous().DetachFromDisposeScope();
        _shrink = Constant(weights.SelectMany(row => weights.Select(column => row * column)), like, 1, _taps * _taps);
    }

    public static bool Fits(int factor) => factor is 3 or >= 5;

    /// <param name="map"><c>[samples, channels, height, width]</c></param>
    /// <param name="weight"><c>[outputs, channels, 3, 3]</c></param>
    /// <param name="bias"><c>[outputs]</c></param>
    /// <returns><c>[samples, outputs, height, width]</c></returns>
    public Tensor Apply(Tensor map, Tensor weight, Tensor bias)
    {
        var bordered = functional.pad(map, (2L, 2L, 2L, 2L), TorchSharp.PaddingModes.Replicate);
        var folded = _enlarge.matmul(weight).matmul(_enlargeAcross); // [outputs, channels, taps·5, taps·5]
        if (_taps == 1)
            return functional.gelu(functional.conv2d(bordered, folded, bias));

        var (made, channels) = (weight.shape[0], weight.shape[1]);
        var outputs = folded.reshape(made, channels, _taps, 5, _taps, 5).permute(2, 4, 0, 1, 3, 5).reshape(-1, channels, 5, 5);
        var seen = functional.gelu(functional.conv2d(bordered, outputs, bias.repeat(_taps * _taps)));
        return _shrink.matmul(seen.reshape(map.shape[0], _taps * _taps, -1)).reshape(map.shape[0], made, map.shape[2], map.shape[3]);
    }

    public void Dispose()
    {
        _enlarge.Dispose();
        _enlargeAcross.Dispose();
        _shrink.Dispose();
    }

    /// <summary>How much of an original pixel, counted from the cell's own, is in an enlarged pixel of a cell.</summary>
    private static double Weight(int pixel, int original, int factor) =>
        Bicubic.Weight((pixel + 0.5) / factor - 0.5 - original);

    private static Tensor Constant(IEnumerable<double> values, Tensor like, params long[] shape) =>
        tensor(values.ToArray(), shape, like.dtype, like.device).DetachFromDisposeScope();
}

using static TorchSharp.torch;

namespace Adapters.Models.Layers;

/// <summary>What sums over many values are computed in, whatever narrower type the values have.</summary>
internal static class Precision
{
    /// <summary>float32, or float64 where the values are.</summary>
    public static ScalarType Of(Tensor values) => values.dtype == float64 ? float64 : float32;
}

using static TorchSharp.torch;

namespace Adapters.Models.Causal;

/// <summary>
/// Rotary positions in the half-split layout of Hugging Face: channel i of a head turns with channel i + d/2 by the angle
/// <c>position · θ^(-2i/d)</c>, computed in float32. The tables are kept from one forward pass to the next.
/// </summary>
/// <remarks>Su et al. 2021, arXiv:2104.09864.</remarks>
internal sealed class RotaryPositions(CausalConfig config) : IDisposable
{
    private Rotation? _table;
    private int _tableBaseLength;

    /// <summary>The rotation of consecutive positions.</summary>
    /// <param name="first">The first position.</param>
    /// <param name="count">How many.</param>
    /// <param name="device">Where it is needed.</param>
    public Rotation At(long first, long count, Device device) =>
        Table(first + count, device).Narrow(first, count);

    /// <summary>The rotation of given positions <c>[batch, seq]</c>.</summary>
    public Rotation At(Tensor positions) =>
        Table(positions.max().item<long>() + 1, positions.device).Select(positions);

    /// <summary>A table of at least that length. Longer ones serve shorter passes, but where the base depends on the length.</summary>
    private Rotation Table(long length, Device device)
    {
        var baseLength = config.RopeScaling is RopeScaling.Dynamic ? (int)Math.Max(length, config.MaxPositions) : 0;
        if (_table is null || _table.Length < length || _tableBaseLength != baseLength || _table.Device.type != device.type)
        {
            var rows = baseLength > 0 ? baseLength : Math.Max(length, 2 * (_table?.Length ?? 0));
            _table?.Dispose();
            _table = Rotation.Compute(Frequencies(baseLength), rows, device);
            _tableBaseLength = baseLength;
        }
        return _table;
    }

    /// <summary>The angle of position 1 for each pair of channels <c>[d/2]</c>.</summary>
    internal Tensor Frequencies(int baseLength)
    {
        using var scope = NewDisposeScope();
        var d = config.HeadWidth;
        var theta = config.RopeTheta;
        if (config.RopeScaling is RopeScaling.Dynamic dynamic && baseLength > config.MaxPositions)
            theta *= Math.Pow((dynamic.Factor * baseLength / config.MaxPositions) - (dynamic.Factor - 1), d / (d - 2.0));

        var exponents = arange(0, d, 2, dtype: float32) / d;
        var frequencies = full([1], theta, dtype: float32).pow(exponents).reciprocal();
        frequencies = config.RopeScaling switch
        {
            RopeScaling.Linear linear => frequencies / linear.Factor,
            RopeScaling.Llama3 llama3 => Smoothed(frequencies, llama3),
            _ => frequencies,
        };
        return frequencies.MoveToOuterDisposeScope();
    }

    private static Tensor Smoothed(Tensor frequencies, RopeScaling.Llama3 scaling)
    {
        var (low, high) = (scaling.LowFrequencyFactor, scaling.HighFrequencyFactor);
        var turns = frequencies * (scaling.OriginalLength / (2 * Math.PI)); // full turns within the original length
        var keep = ((turns - low) / (high - low)).clamp(0, 1); // 0 for long waves, 1 for short ones
        return ((1 - keep) * frequencies / scaling.Factor) + (keep * frequencies);
    }

    public void Dispose() => _table?.Dispose();
}

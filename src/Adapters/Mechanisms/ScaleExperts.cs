using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Mechanisms;

/// <summary>
/// Conv-LoRA's experts: expert e enlarges a map by its scale (bicubic), convolves it 3×3, applies the exact GELU and
/// shrinks it back. All weights are one parameter, so that an expert that no sample chose has a zero gradient, not none.
/// </summary>
public sealed class ScaleExperts : IDisposable
{
    private readonly IReadOnlyList<int> _scales;
    private readonly IReadOnlyList<FoldedScale?> _folded;

    /// <summary>Experts from given weights.</summary>
    /// <param name="weight"><c>[experts, channels, channels, 3, 3]</c></param>
    /// <param name="bias"><c>[experts, channels]</c></param>
    /// <param name="scales">Each expert's scale; 1 resizes nothing.</param>
    public ScaleExperts(Tensor weight, Tensor bias, IReadOnlyList<int> scales)
    {
        (Weight, Bias, _scales) = (Parameter(weight), Parameter(bias), scales);
        _folded = [.. scales.Select(scale => FoldedScale.Fits(scale) ? new FoldedScale(scale, Weight.device) : null)];
    }

    /// <summary>Fresh experts at the scales 1 to their number, drawn as Torch draws convolutions; biases are zero.</summary>
    public static ScaleExperts Fresh(int experts, long channels, Device device, Generator generator)
    {
        var bound = 1 / Math.Sqrt(9 * channels);
        return new ScaleExperts(
            empty([experts, channels, channels, 3, 3]).uniform_(-bound, bound, generator).to(device),
            zeros(experts, channels, device: device),
            [.. Enumerable.Range(1, experts)]);
    }

    /// <summary><c>[experts, channels, channels, 3, 3]</c></summary>
    public Parameter Weight { get; }

    /// <summary><c>[experts, channels]</c></summary>
    public Parameter Bias { get; }

    /// <summary>Gives each sample to the experts that were chosen for it, and to no other.</summary>
    /// <param name="map"><c>[samples, channels, height, width]</c></param>
    /// <param name="chosen">Index of the chosen experts <c>[samples, k]</c></param>
    /// <returns><c>[samples, k, channels, height, width]</c></returns>
    public Tensor Apply(Tensor map, Tensor chosen)
    {
        var (weights, biases) = (Weight.unbind(0), Bias.unbind(0));
        var shares = chosen.flatten().cpu().data<long>()
            .Select((expert, row) => (expert: (int)expert, row))
            .GroupBy(pair => pair.expert, pair => pair.row)
            .Select(group => (Expert: group.Key, Rows: group.ToArray()))
            .ToArray();
        var k = chosen.shape[1];
        var outputs = shares.Select(share => Run(share.Expert, shares.Length == 1 && k == 1 ? map : Pick(share.Rows, k)));
        var together = shares.Length == 1 ? outputs.Single() : InOrder(outputs, shares.SelectMany(share => share.Rows));
        return together.reshape([map.shape[0], k, .. map.shape[1..]]);

        Tensor Run(int expert, Tensor own) => _folded[expert] is { } folded
            ? folded.Apply(own, weights[expert], biases[expert])
            : Resized(own, weights[expert], biases[expert], _scales[expert]);

        Tensor Pick(int[] rows, long chosenPerSample) =>
            map.index_select(0, Index(rows.Select(row => row / chosenPerSample), map.device));
    }

    /// <summary>Frees what is no parameter.</summary>
    public void Dispose()
    {
        foreach (var folded in _folded)
            folded?.Dispose();
    }

    /// <summary>Expert outputs, laid back into the order of the rows that they were computed from.</summary>
    private static Tensor InOrder(IEnumerable<Tensor> outputs, IEnumerable<int> rows)
    {
        var place = rows.Select((row, position) => (row, position)).OrderBy(pair => pair.row).Select(pair => (long)pair.position);
        var joined = cat([.. outputs], 0);
        return joined.index_select(0, Index(place, joined.device));
    }

    private static Tensor Index(IEnumerable<long> values, Device device) => tensor(values.ToArray(), device: device);

    private static Tensor Resized(Tensor map, Tensor weight, Tensor bias, int scale)
    {
        var (height, width) = (map.shape[2], map.shape[3]);
        var large = scale == 1 ? map : Bicubic(map, height * scale, width * scale);
        var seen = functional.gelu(functional.conv2d(large, weight, bias, padding: [1, 1]));
        return scale == 1 ? seen : Bicubic(seen, height, width);
    }

    private static Tensor Bicubic(Tensor map, long height, long width) =>
        functional.interpolate(map, size: [height, width], mode: InterpolationMode.Bicubic, align_corners: false);
}

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
    private readonly Dictionary<(long From, long To), Tensor> _axes = [];

    /// <summary>Experts from given weights.</summary>
    /// <param name="weight"><c>[experts, channels, channels, 3, 3]</c></param>
    /// <param name="bias"><c>[experts, channels]</c></param>
    /// <param name="scales">Each expert's scale; 1 resizes nothing.</param>
    public ScaleExperts(Tensor weight, Tensor bias, IReadOnlyList<int> scales)
    {
        (Weight, Bias, _scales) = (Parameter(weight), Parameter(bias.flatten()), scales);
        _folded = [.. scales.Select(scale => FoldedScale.Fits(scale) ? new FoldedScale(scale, Weight) : null)];
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

    /// <summary><c>[experts·channels]</c>: a vector, as biases are, so that weight decay passes it over.</summary>
    public Parameter Bias { get; }

    /// <summary>Gives each sample to the experts that were chosen for it, and to no other.</summary>
    /// <param name="map"><c>[samples, channels, height, width]</c></param>
    /// <param name="chosen">Index of the chosen experts <c>[samples, k]</c></param>
    /// <param name="outputs">The first of the channels that are asked for, and their number; all where absent.</param>
    /// <returns><c>[samples, k, outputs, height, width]</c></returns>
    public Tensor Apply(Tensor map, Tensor chosen, (long First, long Count)? outputs = null)
    {
        var (first, count) = outputs ?? (0, Weight.shape[1]);
        var weights = Weight.narrow(1, first, count).unbind(0);
        var biases = Bias.reshape(_scales.Count, -1).narrow(1, first, count).unbind(0);
        var shares = chosen.flatten().cpu().data<long>()
            .Select((expert, row) => (expert: (int)expert, row))
            .GroupBy(pair => pair.expert, pair => pair.row)
            .Select(group => (Expert: group.Key, Rows: group.ToArray()))
            .ToArray();
        var k = chosen.shape[1];
        var made = shares.Select(share => Run(share.Expert, shares.Length == 1 && k == 1 ? map : Pick(share.Rows, k)));
        var together = shares.Length == 1 ? made.Single() : InOrder(made, shares.SelectMany(share => share.Rows));
        return together.reshape([map.shape[0], k, count, .. map.shape[2..]]);

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
        foreach (var axis in _axes.Values)
            axis.Dispose();
    }

    /// <summary>Expert outputs, laid back into the order of the rows that they were computed from.</summary>
    private static Tensor InOrder(IEnumerable<Tensor> outputs, IEnumerable<int> rows)
    {
        var place = rows.Select((row, position) => (row, position)).OrderBy(pair => pair.row).Select(pair => (long)pair.position);
        var joined = cat([.. outputs], 0);
        return joined.index_select(0, Index(place, joined.device));
    }

    private static Tensor Index(IEnumerable<long> values, Device device) => tensor(values.ToArray(), device: device);

    private Tensor Resized(Tensor map, Tensor weight, Tensor bias, int scale)
    {
        if (scale == 1)
            return functional.gelu(functional.conv2d(map, weight, bias, padding: [1, 1]));
        var (height, width) = (map.shape[2], map.shape[3]);
        var large = Resize(map, height * scale, width * scale);
        return Resize(functional.gelu(functional.conv2d(large, weight, bias, padding: [1, 1])), height, width);
    }

    private Tensor Resize(Tensor map, long height, long width) =>
        Axis(map.shape[2], height, map).matmul(map).matmul(Axis(map.shape[3], width, map).t());

    private Tensor Axis(long from, long to, Tensor like)
    {
        if (!_axes.TryGetValue((from, to), out var matrix))
            _axes.Add((from, to), matrix = Bicubic.Matrix(from, to, like.device).to(like.dtype).DetachFromDisposeScope());
        return matrix;
    }
}

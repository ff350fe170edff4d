using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Mechanisms;

/// <summary>From which windows the second half of the channels comes.</summary>
public enum WindowShift
{
    /// <summary>Cut half a window later, smaller at the map's borders.</summary>
    Split,

    /// <summary>Cut of the map rolled by half a window: what the shift cuts off at one border is in a window with the other.</summary>
    Wrap,

    /// <summary>From the same ones as the first half.</summary>
    None,
}

/// <summary>
/// Lets experts see a map in windows: the first half of the channels that they give comes from windows cut at 0, w, 2w, …, the
/// rest from windows cut at w/2, 3w/2, …, or cut at 0, w, … of the map rolled by w/2, so that neighbours are in touch, or from the
/// same as the first. Each window is routed on its own; of an image only those that score best are convolved at all, and each counts
/// by its score.
/// </summary>
/// <remarks>
/// Shifted sparse attention (Chen et al. 2023, arXiv:2309.12307) carried over to maps, with output channels for heads. Windows at
/// the border are smaller. Windows of an image share its noise, so that windows that hold it all change nothing.
/// </remarks>
/// <param name="window">w, even.</param>
/// <param name="budget">Share of an image's windows, of either cut, that are convolved; at least one is.</param>
/// <param name="score">v <c>[channels]</c>: a window whose mean is f scores f·v and counts 2·sigmoid(f·v).</param>
/// <param name="shift">How the second half of the channels is shifted.</param>
public sealed class ShiftedWindows(int window, double budget, Tensor score, WindowShift shift = WindowShift.Split)
{
    /// <summary>v <c>[channels]</c></summary>
    public Parameter Score { get; } = Parameter(score);

    /// <summary>Routes the windows of both cuts.</summary>
    /// <param name="map"><c>[images, channels, height, width]</c></param>
    /// <param name="experts">The experts and their gate.</param>
    /// <param name="training">Whether the gate is trained.</param>
    internal MapUpdate Of(Tensor map, GatedScales experts, bool training)
    {
        var (images, channels) = (map.shape[0], map.shape[1]);
        var half = window / 2;
        var plain = new Partition(map, 0, window);
        var shifted = shift switch
        {
            WindowShift.Split => new Partition(map, half, window),
            WindowShift.Wrap => new Partition(Rolled(map, -half), 0, window),
            _ => null,
        };
        var features = shifted is null ? plain.Means() : cat([plain.Means(), shifted.Means()], 1); // [images, windows, channels]
        var choice = experts.Gate.Choose(features.flatten(0, 1), training, sharing: features.shape[1]);
        var scores = features.matmul(Score); // [images, windows]
        return new MapUpdate(Update(), features.flatten(0, 1), choice);

        Tensor Update()
        {
            if (shifted is null)
                return Part(plain, begin: 0, (0, channels));
            var first = (channels + 1) / 2;
            var update = Part(plain, begin: 0, (0, first));
            if (channels == first)
                return update;
            var rest = Part(shifted, begin: plain.Count, (first, channels - first));
            return cat([update, shift == WindowShift.Wrap ? Rolled(rest, half) : rest], 1);
        }

        Tensor Part(Partition windows, long begin, (long, long) outputs)
        {
            var (gates, chosen) = (Of(choice.Gates), Of(choice.Chosen));
            var scored = scores.narrow(1, begin, windows.Count);
            var (weights, kept) = (scored.sigmoid() * 2, Best(scored));
            return windows.Each((tiles, which) =>
            {
                var (gate, expert) = (gates.index_select(1, which).flatten(0, 1), chosen.index_select(1, which).flatten(0, 1));
                var weight = weights.index_select(1, which).reshape(-1, 1, 1, 1);
                if (kept is null)
                    return experts.Apply(tiles, gate, expert, outputs) * weight;
                var rows = kept.index_select(1, which).flatten().nonzero().flatten();
                var nothing = zeros([tiles.shape[0], outputs.Item2, .. tiles.shape[2..]], dtype: tiles.dtype, device: tiles.device);
                return rows.numel() == 0 ? nothing
                    : nothing.index_add(0, rows, experts.Apply(Rows(tiles), Rows(gate), Rows(expert), outputs) * Rows(weight), 1);

                Tensor Rows(Tensor all) => all.index_select(0, rows);
            });

            Tensor Of(Tensor all) => all.reshape(images, features.shape[1], -1).narrow(1, begin, windows.Count);
        }
    }

    private static Tensor Rolled(Tensor map, long by) => map.roll([by, by], [2, 3]);

    /// <summary>Which windows are convolved, as 0 and 1 <c>[images, windows]</c>; null where all are. Of equals the first are.</summary>
    private Tensor? Best(Tensor scores)
    {
        var count = (long)Math.Ceiling((decimal)budget * scores.shape[1]);
        if (count == scores.shape[1])
            return null;
        var best = scores.detach().sort(dim: 1, descending: true, stable: true).Indices.narrow(1, 0, count);
        return zeros_like(scores, dtype: int64).scatter(1, best, ones_like(best));
    }

    /// <summary>A map cut into windows, which are numbered row by row.</summary>
    private sealed class Partition(Tensor map, long first, long window)
    {
        private readonly IReadOnlyList<Run> _rows = Runs(map.shape[2], first, window);
        private readonly IReadOnlyList<Run> _columns = Runs(map.shape[3], first, window);

        /// <summary>Windows of a size that follow each other along an axis.</summary>
        private sealed record Run(long Begin, long Count, long Size, long Number);

        public long Count => Across * _rows.Sum(run => run.Count);

        private long Across => _columns.Sum(run => run.Count);

        /// <summary>The mean of each window <c>[images, windows, channels]</c>.</summary>
        public Tensor Means() => cat(
        [
            .. _rows.Select(row => cat([.. _columns.Select(column => Tiles(row, column).mean([2, 3])
                .reshape(map.shape[0], row.Count, column.Count, -1))], 2)),
        ], 1).flatten(1, 2);

        /// <summary>Makes something of all windows, and a map of that.</summary>
        /// <param name="make">
        /// Is given windows of one size <c>[images·windows, channels, height, width]</c> and their numbers within an image.
        /// </param>
        public Tensor Each(Func<Tensor, Tensor, Tensor> make) =>
            cat([.. _rows.Select(row => cat([.. _columns.Select(column => Made(row, column, make))], 3))], 2);

        private Tensor Made(Run row, Run column, Func<Tensor, Tensor, Tensor> make)
        {
            var rows = arange(row.Number, row.Number + row.Count, device: map.device).unsqueeze(1);
            var numbers = (rows * Across + arange(column.Number, column.Number + column.Count, device: map.device)).flatten();
            return make(Tiles(row, column), numbers)
                .reshape(map.shape[0], row.Count, column.Count, -1, row.Size, column.Size).permute(0, 3, 1, 4, 2, 5)
                .reshape(map.shape[0], -1, row.Count * row.Size, column.Count * column.Size);
        }

        private Tensor Tiles(Run row, Run column) => map
            .narrow(2, row.Begin, row.Count * row.Size).narrow(3, column.Begin, column.Count * column.Size)
            .reshape(map.shape[0], -1, row.Count, row.Size, column.Count, column.Size).permute(0, 2, 4, 1, 3, 5)
            .reshape(-1, map.shape[1], row.Size, column.Size);

        private static IReadOnlyList<Run> Runs(long length, long first, long window)
        {
            var begin = Math.Min(first, length);
            var whole = (length - begin) / window;
            var end = begin + whole * window;
            var before = begin > 0 ? 1 : 0;
            return [.. new Run[]
            {
                new(0, before, begin, 0),
                new(begin, whole, window, before),
                new(end, end < length ? 1 : 0, length - end, before + whole),
            }.Where(run => run.Count > 0)];
        }
    }
}

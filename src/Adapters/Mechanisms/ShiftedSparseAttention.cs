using Adapters.Models.Causal;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Mechanisms;

/// <summary>How the shifted half of the heads treats the ends of the sequence.</summary>
public enum ShiftEnds
{
    /// <summary>Cut: groups end at G/2, 3G/2, …, so that a position never sees a later one. The published flash code.</summary>
    Split,

    /// <summary>
    /// Wrapped around: the last group holds the end of the sequence followed by its beginning, which so sees the end. The
    /// published code without flash attention; for comparison only.
    /// </summary>
    Wrap,
}

/// <summary>
/// Shifted sparse attention (S²): causal attention within groups of G positions, at n·G instead of n² of work; in the
/// second half of the heads the groups lie half a group further, so that neighbours are in touch.
/// </summary>
/// <remarks>
/// Chen et al. 2023, arXiv:2309.12307, section 3.2. No mask of the whole sequence is made: groups become rows of a batch.
/// One group (G = n) is not full attention, because the shifted half is still cut.
/// </remarks>
/// <param name="group">G, even.</param>
/// <param name="ends">What happens at the ends; wrapping needs a length that G divides.</param>
public sealed class ShiftedSparseAttention(int group, ShiftEnds ends) : ICausalAttention
{
    /// <inheritdoc/>
    public Tensor Attend(Tensor query, Tensor key, Tensor value, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        var (heads, length) = (query.shape[1], query.shape[2]);
        if (heads % 2 != 0)
            throw new ArgumentException($"{heads} heads have no halves.", nameof(query));
        if (ends == ShiftEnds.Wrap && length % group != 0)
            throw new ArgumentException($"{length} positions are no whole groups of {group}: they cannot wrap.", nameof(query));

        var plain = new Part(query, key, value, mask, 0, heads / 2);
        var shifted = new Part(query, key, value, mask, heads / 2, heads / 2);
        var half = group / 2;
        var attended = cat(
        [
            plain.Attend(group, group),
            ends == ShiftEnds.Split ? shifted.Attend(half, group) : shifted.Rolled(-half).Attend(group, group).roll(half, 2),
        ], 1);
        if (mask is not null)
            attended = attended * mask.to(attended.dtype).unsqueeze(1).unsqueeze(3); // padding sees nothing
        return attended.MoveToOuterDisposeScope();
    }

    /// <summary>Causal attention of all heads within a first group of one size and others of another.</summary>
    /// <inheritdoc cref="Attend"/>
    internal static Tensor InGroups(Tensor query, Tensor key, Tensor value, Tensor? mask, long first, long group) =>
        new Part(query, key, value, mask).Attend(first, group);

    /// <summary>Some heads of all three, and which tokens are real.</summary>
    private sealed class Part(Tensor query, Tensor key, Tensor value, Tensor? mask)
    {
        private readonly long _length = query.shape[2];

        public Part(Tensor query, Tensor key, Tensor value, Tensor? mask, long first, long count)
            : this(query.narrow(1, first, count), key.narrow(1, first, count), value.narrow(1, first, count), mask)
        {
        }

        public Part Rolled(long by) => new(query.roll(by, 2), key.roll(by, 2), value.roll(by, 2), mask?.roll(by, 1));

        /// <summary>Causal attention within a first group of one size and others of another; the last may be shorter.</summary>
        public Tensor Attend(long first, long group)
        {
            var begin = first == group ? 0 : Math.Min(first, _length);
            var whole = (_length - begin) / group;
            var end = begin + whole * group;
            List<Tensor> parts = [];
            if (begin > 0)
                parts.Add(Within(0, 1, begin));
            if (whole > 0)
                parts.Add(Within(begin, whole, group));
            if (end < _length)
                parts.Add(Within(end, 1, _length - end));
            return parts.Count == 1 ? parts[0] : cat(parts, 2);
        }

        /// <summary>Causal attention within each of some groups of one size that follow each other.</summary>
        /// <returns><c>[batch, heads, groups·size, width]</c></returns>
        private Tensor Within(long begin, long groups, long size)
        {
            var attended = functional.scaled_dot_product_attention(
                Grouped(query), Grouped(key), Grouped(value), Scores(begin, groups, size), is_casual: mask is null);
            return attended.reshape(query.shape[0], query.shape[1], groups * size, query.shape[3]);

            // [batch, heads, seq, width] -> [batch, heads·groups, size, width]
            Tensor Grouped(Tensor x) =>
                x.narrow(2, begin, groups * size).reshape(x.shape[0], x.shape[1] * groups, size, x.shape[3]);
        }

        /// <summary>
        /// What is added to the scores so that padding is not seen but by itself, <c>[batch, heads·groups, size, size]</c>; null
        /// where there is none.
        /// </summary>
        private Tensor? Scores(long begin, long groups, long size)
        {
            if (mask is null)
                return null;
            var real = mask.narrow(1, begin, groups * size).ne(0).reshape(-1, 1, groups, 1, size);
            var causal = ones(size, size, dtype: @bool, device: mask.device).tril();
            var self = eye(size, dtype: @bool, device: mask.device);
            var visible = real.logical_and(causal).logical_or(self); // [batch, 1, groups, size, size]
            return zeros_like(visible, dtype: query.dtype).masked_fill(visible.logical_not(), float.NegativeInfinity)
                .expand(-1, query.shape[1], -1, -1, -1).reshape(-1, query.shape[1] * groups, size, size);
        }
    }
}

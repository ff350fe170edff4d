using System.ComponentModel;
using System.Numerics;
using Experiments.Sweeps;

namespace Experiments.Samplers;

/// <summary>
/// The n-th configuration is the n-th point of a Sobol' sequence over the space, a dimension for each declared parameter, so
/// that any 2^m of them from the start are spread more evenly than by chance. The seed scrambles the points without spoiling
/// that. What was given before, or is not admitted by the constraints, is replaced by the same point of another scramble.
/// Beyond the 128 dimensions of the table, coordinates are random.
/// </summary>
/// <remarks>Sobol' 1967; <see cref="JoeKuo"/>; random access by Gray code after Antonov and Saleev 1979; linear matrix
/// scramble with a digital shift after Matoušek 1998, "On the L2-discrepancy for anchored boxes".</remarks>
[Sampler("sobol")]
[Description("Points of a Sobol' sequence: spread more evenly than by chance, best in powers of two.")]
public sealed class SobolSampler(SobolSampler.Options options) : ISampler
{
    private const double Scale = 1.0 / (1UL << JoeKuo.Bits);

    /// <summary>What a sweep file can set.</summary>
    public sealed record Options
    {
        /// <summary>Whether the seed scrambles the points; else every seed gives the same, the first one in the corner.</summary>
        [Description("Whether the seed scrambles the points; without, the first one is the corner of all lowest values.")]
        public bool Scramble { get; init; } = true;
    }

    /// <inheritdoc/>
    public Configuration? Suggest(SearchSpace space, IReadOnlyList<Observation> history, int index, ulong seed) =>
        DistinctDraws.Next(space, history, index, seed,
            redraw => UnitCube.Of(space).At(Point(space.Parameters.Count, index, seed, redraw)));

    /// <inheritdoc/>
    public long? Count(SearchSpace space) => DistinctDraws.Count(space);

    /// <inheritdoc/>
    public string? Advice(long configurations) =>
        configurations < 2 || BitOperations.IsPow2(configurations) || configurations > 1L << 61 ? null
            : $"a Sobol' sequence is even over a power of two, such as {1L << BitOperations.Log2((ulong)configurations)} or "
                + $"{2L << BitOperations.Log2((ulong)configurations)}";

    /// <summary>A point of the sequence in [0, 1)^d; those of a redraw are of a scramble of their own.</summary>
    internal double[] Point(int dimensions, int index, ulong seed, int redraw)
    {
        var point = new double[dimensions];
        for (var dimension = 0; dimension < dimensions; dimension++)
        {
            var random = new KeyedStream(seed, (ulong)dimension, "sobol");
            point[dimension] = dimension >= JoeKuo.Dimensions
                ? new KeyedStream(random[(ulong)redraw], (ulong)index, "padding").Real(0)
                : options.Scramble || redraw > 0
                    ? Scrambled(JoeKuo.Point(dimension, index), new KeyedStream(random[(ulong)redraw], 0, "scramble")) * Scale
                    : JoeKuo.Point(dimension, index) * Scale;
        }

        return point;
    }

    /// <summary>Each digit of the result is that digit plus a random sum of those before it, and a random digit. Points that
    /// share their first digits still do, so every elementary interval keeps its number of points.</summary>
    private static ulong Scrambled(ulong digits, KeyedStream random)
    {
        var scrambled = 0UL;
        for (var place = 0; place < JoeKuo.Bits; place++)
        {
            var before = ulong.MaxValue << (JoeKuo.Bits - place);
            var row = (random[(ulong)place] & before) | (1UL << (JoeKuo.Bits - 1 - place));
            scrambled = (scrambled << 1) | (uint)(BitOperations.PopCount(row & digits) & 1);
        }

        return scrambled ^ (random[JoeKuo.Bits] >> (64 - JoeKuo.Bits));
    }
}

using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>Some places of a matrix, none twice, as a seed draws them: the first of a random order of all, row by row.</summary>
internal static class SparsePlaces
{
    /// <summary>Draws them on the CPU, to the same numbers on every machine.</summary>
    /// <param name="size">Number of places that there are.</param>
    /// <param name="count">Number of places to draw.</param>
    /// <param name="seed">The seed.</param>
    /// <returns>Indices of the flattened matrix <c>[count]</c>, as integers.</returns>
    public static Tensor Draw(long size, long count, int seed)
    {
        using var generator = new Generator((ulong)seed, CPU);
        using var order = randperm(size, generator: generator);
        return order.narrow(0, 0, count).clone();
    }

    /// <summary>A matrix with values at places and zeros elsewhere.</summary>
    /// <param name="values"><c>[count]</c></param>
    /// <param name="places"><c>[count]</c></param>
    /// <param name="rows">Rows of the matrix.</param>
    /// <param name="columns">Columns of the matrix.</param>
    public static Tensor Scatter(Tensor values, Tensor places, long rows, long columns) =>
        zeros(rows * columns, dtype: values.dtype, device: values.device).scatter(0, places, values).reshape(rows, columns);
}

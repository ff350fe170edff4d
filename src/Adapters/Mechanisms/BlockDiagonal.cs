using Adapters.Methods;
using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>Square matrices that are zero but for equal blocks along the diagonal, kept as the blocks.</summary>
internal static class BlockDiagonal
{
    /// <summary>rows times the matrix.</summary>
    /// <param name="rows"><c>[..., blocks·size]</c></param>
    /// <param name="blocks"><c>[blocks, size, size]</c>, or one block for all.</param>
    public static Tensor Multiply(Tensor rows, Tensor blocks)
    {
        var size = blocks.shape[^1];
        var pieces = rows.reshape(-1, rows.shape[^1] / size, size).transpose(0, 1); // [blocks, rows, size]
        return pieces.matmul(blocks).transpose(0, 1).reshape(rows.shape);
    }

    /// <summary>The size of the blocks that a layer's inputs are cut into.</summary>
    /// <param name="method">Whose options <c>block_size</c> and <c>blocks</c> are meant, for messages.</param>
    /// <param name="target">The layer.</param>
    /// <param name="size">The size, or 0.</param>
    /// <param name="count">The number of blocks, or 0.</param>
    /// <exception cref="AdapterException">When not exactly one is given, or the inputs cannot be cut so.</exception>
    public static long SizeFor(string method, Target target, int size, int count)
    {
        if ((size == 0) == (count == 0))
            throw new AdapterException($"Options 'block_size' and 'blocks' of method '{method}' are {size} and {count}, "
                + "but one of them must be 0 and the other not.");
        var (option, value) = size > 0 ? ("block_size", size) : ("blocks", count);
        var inputs = target.Site.Inputs;
        if (inputs % value != 0)
            throw new AdapterException($"Option '{option}' of method '{method}' is {value}, but {target.Name} has {inputs} inputs, "
                + "which it must divide.");
        var each = size > 0 ? size : inputs / count;
        return each > 1 ? each : throw new AdapterException($"Option '{option}' of method '{method}' is {value}, but then a block of "
            + $"{target.Name} is one input alone, which cannot be turned: at least two make a block.");
    }
}

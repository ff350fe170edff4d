using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>
/// A matrix <c>[out, in]</c> as the product of two factors of rank r. Of a convolution the inputs are pixels; its kernel may have
/// a core of its own instead, with a factor for the channels on either side: far fewer parameters
/// (Hyeon-Woo et al. 2021, arXiv:2108.06098, proposition 3).
/// </summary>
/// <param name="A"><c>[out, r]</c>; beside a core <c>[r, out]</c></param>
/// <param name="B"><c>[r, in]</c>; beside a core <c>[r, channels]</c></param>
/// <param name="Core"><c>[r, r, height, width]</c>, or null.</param>
internal sealed record FactoredMatrix(Tensor A, Tensor B, Tensor? Core)
{
    /// <summary>The matrix <c>[out, in]</c>.</summary>
    public Tensor Product() => Core is null ? A.matmul(B) : einsum("ijyx,io,jc->ocyx", Core, A, B).flatten(1);

    /// <summary>Factors drawn as Torch draws layers.</summary>
    /// <param name="outputs">Rows of the matrix.</param>
    /// <param name="channels">Its columns, by pixels of the kernel.</param>
    /// <param name="kernel">The kernel's size; one pixel where there is none.</param>
    /// <param name="rank">r</param>
    /// <param name="hasCore">Whether a kernel of several pixels has a core of its own.</param>
    /// <param name="generator">Draws, on the CPU.</param>
    public static FactoredMatrix Fresh(
        long outputs, long channels, (long Height, long Width) kernel, int rank, bool hasCore, Generator generator)
    {
        return hasCore && kernel != (1, 1)
            ? new(Draw(rank, outputs), Draw(rank, channels), Draw(rank, rank, kernel.Height, kernel.Width))
            : new(Draw(outputs, rank), Draw(rank, channels * kernel.Height * kernel.Width), null);

        Tensor Draw(params long[] shape) => FreshFactor.KaimingUniform(shape, generator);
    }
}

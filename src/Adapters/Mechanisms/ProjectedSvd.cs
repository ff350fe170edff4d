using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>The largest singular triplets of a matrix, from a random projection (Halko et al. 2011, arXiv:0909.4061, algorithms 4.4 and
/// 5.1, as Torch's <c>svd_lowrank</c> has them).</summary>
internal static class ProjectedSvd
{
    /// <summary>Computes them.</summary>
    /// <param name="matrix"><c>[m, n]</c></param>
    /// <param name="rank">How many.</param>
    /// <param name="iterations">Power iterations, which sharpen the projection.</param>
    /// <param name="generator">Draws the projection.</param>
    /// <returns>U <c>[m, rank]</c>, S <c>[rank]</c>, Vᵀ <c>[rank, n]</c></returns>
    public static (Tensor U, Tensor S, Tensor Vt) Of(Tensor matrix, int rank, int iterations, Generator generator)
    {
        if (matrix.shape[0] < matrix.shape[1])
        {
            var (left, values, right) = Of(matrix.t(), rank, iterations, generator);
            return (right.t(), values, left.t());
        }

        var basis = Basis(matrix.matmul(empty(matrix.shape[1], rank).normal_(0, 1, generator)));
        for (var iteration = 0; iteration < iterations; iteration++)
            basis = Basis(matrix.matmul(Basis(matrix.t().matmul(basis))));
        var (u, s, vt) = linalg.svd(basis.t().matmul(matrix), fullMatrices: false);
        return (basis.matmul(u), s, vt);

        static Tensor Basis(Tensor columns) => linalg.qr(columns).Q;
    }
}

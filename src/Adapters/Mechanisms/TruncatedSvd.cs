using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>
/// The nearest matrix of a rank, as two factors that share its singular values evenly (Eckart and Young 1936). Computed in
/// float64.
/// </summary>
internal static class TruncatedSvd
{
    /// <summary>Of a matrix.</summary>
    /// <param name="matrix"><c>[out, in]</c></param>
    /// <param name="rank">Rank of the result, where the matrix has as many rows and columns.</param>
    /// <returns>A <c>[rank, in]</c> and B <c>[out, rank]</c> with B·A next to the matrix.</returns>
    public static (Tensor A, Tensor B) Of(Tensor matrix, int rank)
    {
        var (u, s, vt) = linalg.svd(matrix.to(float64), fullMatrices: false);
        var kept = Math.Min(rank, s.shape[0]);
        var root = s.narrow(0, 0, kept).sqrt();
        return ((root.unsqueeze(1) * vt.narrow(0, 0, kept)).to(float32), (u.narrow(1, 0, kept) * root).to(float32));
    }

    /// <summary>Of a product of small factors, which is never formed.</summary>
    /// <param name="a"><c>[k, in]</c></param>
    /// <param name="b"><c>[out, k]</c></param>
    /// <param name="rank">Rank of the result, where k, in and out are as many.</param>
    public static (Tensor A, Tensor B) Of(Tensor a, Tensor b, int rank)
    {
        var (left, l) = linalg.qr(b.to(float64));
        var (right, r) = linalg.qr(a.to(float64).t());
        var core = Of(l.matmul(r.t()), rank);
        return (core.A.to(float64).matmul(right.t()).to(float32), left.matmul(core.B.to(float64)).to(float32));
    }
}

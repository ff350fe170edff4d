using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>Rotations made of skew-symmetric matrices Q (Cayley 1846), alone or in batches.</summary>
internal static class Cayley
{
    /// <summary>The skew-symmetric matrix of what stands above its diagonal, read row by row.</summary>
    /// <param name="upper"><c>[..., size·(size-1)/2]</c></param>
    /// <param name="size">Rows of the matrix.</param>
    /// <returns><c>[..., size, size]</c></returns>
    public static Tensor Skew(Tensor upper, long size)
    {
        var leading = upper.shape[..^1];
        var places = triu_indices(size, size, 1, device: upper.device);
        var flat = zeros([.. leading, size * size], upper.dtype, upper.device)
            .index_copy(-1, places[0] * size + places[1], upper);
        var half = flat.reshape([.. leading, size, size]);
        return half - half.transpose(-2, -1);
    }

    /// <summary><c>(I + Q)⁻¹(I - Q)</c>; of -Q its inverse.</summary>
    public static Tensor Exact(Tensor q)
    {
        var one = eye(q.shape[^1], dtype: q.dtype, device: q.device);
        return linalg.solve(one + q, one - q);
    }

    /// <summary>
    /// <c>I + 2Q + … + 2Qᵗ⁻² + Qᵗ⁻¹</c>, which comes near <c>(I + Q)(I - Q)⁻¹</c> where Q is small: the inverse of what
    /// <see cref="Exact"/> makes of Q. Three terms are as many as four, as the authors' code has it (Qiu et al. 2025, arXiv:2506.19847).
    /// </summary>
    /// <param name="q">Q <c>[..., n, n]</c></param>
    /// <param name="terms">t</param>
    public static Tensor Series(Tensor q, int terms)
    {
        var sum = eye(q.shape[^1], dtype: q.dtype, device: q.device).expand(q.shape);
        if (terms < 2)
            return sum;
        sum = sum + 2 * q;
        if (terms < 3)
            return sum;
        var power = q;
        var last = Math.Max(terms - 1, 3);
        for (var exponent = 2; exponent <= last; exponent++)
        {
            power = power.matmul(q);
            sum = sum + (exponent < last ? 2 * power : power);
        }

        return sum;
    }
}

using Adapters.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Mechanisms;

/// <summary>
/// The two factors of a low-rank update <c>ΔW = s·B·A</c>, which is never formed in a forward pass. They lie in float32
/// whatever the base's precision is: the input is widened, the sum narrowed again.
/// </summary>
public sealed class LowRankFactors
{
    /// <summary>Takes given factors.</summary>
    /// <param name="a">A <c>[rank, in]</c></param>
    /// <param name="b">B <c>[out, rank]</c></param>
    /// <param name="scale">s</param>
    /// <param name="dropout">Share of the input that the update does not see in training; the base sees all of it.</param>
    public LowRankFactors(Tensor a, Tensor b, double scale, double dropout = 0) =>
        (A, B, Scale, Dropout) = (Parameter(a), Parameter(b), scale, dropout);

    /// <summary>A <c>[rank, in]</c></summary>
    public Parameter A { get; }

    /// <summary>B <c>[out, rank]</c></summary>
    public Parameter B { get; }

    /// <summary>s</summary>
    public double Scale { get; }

    /// <summary>Share of the input that the update does not see in training.</summary>
    public double Dropout { get; }

    /// <summary>
    /// Factors of a fresh update, which is zero: A uniform in ±1/√in, as the authors' code draws it (their text says
    /// Gaussian), B zero.
    /// </summary>
    public static LowRankFactors Fresh(LinearSite site, int rank, double scale, double dropout, Generator generator)
    {
        var bound = 1 / Math.Sqrt(site.Inputs);
        var device = site.Weight.device;
        return new LowRankFactors(
            empty(rank, site.Inputs).uniform_(-bound, bound, generator).to(device),
            zeros(site.Outputs, rank, device: device),
            scale,
            dropout);
    }

    /// <summary>h = A·drop(x).</summary>
    /// <param name="x"><c>[..., in]</c></param>
    /// <param name="training">Whether inputs are dropped; drawn from Torch's default generator.</param>
    /// <returns><c>[..., rank]</c></returns>
    public Tensor Down(Tensor x, bool training)
    {
        x = x.to(A.dtype);
        return functional.linear(training && Dropout > 0 ? functional.dropout(x, Dropout) : x, A);
    }

    /// <summary>y + s·B·h, in one pass over y.</summary>
    /// <param name="y"><c>[..., out]</c></param>
    /// <param name="h"><c>[..., rank]</c></param>
    /// <returns><c>[..., out]</c>, of y's precision</returns>
    public Tensor AddUp(Tensor y, Tensor h) =>
        addmm(y.to(B.dtype).reshape(-1, B.shape[0]), h.reshape(-1, B.shape[1]), B.t(), 1, (float)Scale)
            .reshape(y.shape).to(y.dtype);

    /// <summary>ΔW <c>[out, in]</c></summary>
    public Tensor Delta() => B.matmul(A) * Scale;
}

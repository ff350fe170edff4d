using Adapters.Models;
using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>
/// A low-rank update beside a layer: <c>y + s·B(A·drop(x))</c>, whose product BA is never formed in a forward pass. What stands
/// between or around the factors (a diagonal, a small matrix) is multiplied into them first: that costs as much as one token.
/// The factors lie in float32 whatever the base's precision is: the input is widened, the sum narrowed again.
/// </summary>
/// <param name="site">The layer.</param>
/// <param name="scale">s</param>
/// <param name="dropout">Share of the input that the update does not see in training; the base sees all of it.</param>
public abstract class LowRankAdapter(Site site, double scale, double dropout = 0) : ParallelAdapter(site)
{
    /// <summary>s</summary>
    public double Scale => scale;

    /// <summary>Share of the input that the update does not see in training.</summary>
    public double Dropout => dropout;

    /// <summary>The factors as they are now: A <c>[rank, in]</c> and B <c>[out, rank]</c>.</summary>
    protected abstract (Tensor A, Tensor B) Factors();

    /// <inheritdoc/>
    public override Tensor Adapt(Tensor x, Tensor y)
    {
        using var scope = NewDisposeScope();
        var (a, b) = Factors();
        return Site.AddMixed(y, Down(x, a), b, scale).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Delta()
    {
        var (a, b) = Factors();
        return b.matmul(a) * scale;
    }

    /// <summary>A·drop(x).</summary>
    /// <param name="x">The layer's input.</param>
    /// <param name="a">A <c>[rank, in]</c></param>
    /// <returns>An output of the layer, of <c>rank</c> features.</returns>
    protected Tensor Down(Tensor x, Tensor a) => Site.Apply(Dropped(x, a.dtype), Site.Shape(a));

    /// <summary>The input in the adapter's precision, thinned out in training. Tokens cannot be.</summary>
    internal Tensor Dropped(Tensor x, ScalarType precision) => Dropped(x, precision, dropout);
}

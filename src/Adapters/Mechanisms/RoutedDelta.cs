using Adapters.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>
/// Low-rank experts beside a linear layer, of which each token gets what its gates say: <c>y + s·Σ_e g_e·B_e(A_e·x)</c>. The experts'
/// factors lie in one pair of matrices, and all are computed: so narrow, that is faster than to gather each one's tokens, and an expert
/// that no token chose has a zero gradient, not none. With experts of rank 1 the gates choose single ranks.
/// </summary>
public sealed class RoutedDelta : LowRankAdapter
{
    private readonly int _experts;
    private readonly Func<Tensor, Tensor> _gates;

    /// <summary>Puts experts beside a layer, which a router of its own chooses by the layer's input.</summary>
    /// <param name="site">The layer.</param>
    /// <param name="experts">Number M of experts.</param>
    /// <param name="a">A <c>[M·rank, in]</c></param>
    /// <param name="b">B <c>[out, M·rank]</c></param>
    /// <param name="scale">s</param>
    /// <param name="dropout">Share of the input that the update does not see in training; the router sees all of it.</param>
    /// <param name="router">Chooses among them, freed with this.</param>
    public RoutedDelta(Site site, int experts, Tensor a, Tensor b, double scale, double dropout, Router router)
        : this(site, experts, a, b, scale, dropout, x => router.Route(x).Gates) => register_module("router", router);

    /// <summary>Puts experts beside a layer, whose gates come from elsewhere.</summary>
    /// <param name="site">The layer.</param>
    /// <param name="experts">Number M of experts.</param>
    /// <param name="a">A <c>[M·rank, in]</c></param>
    /// <param name="b">B <c>[out, M·rank]</c></param>
    /// <param name="scale">s</param>
    /// <param name="dropout">Share of the input that the update does not see in training.</param>
    /// <param name="gates">Of the layer's input <c>[..., in]</c> the gates <c>[..., M]</c>.</param>
    internal RoutedDelta(Site site, int experts, Tensor a, Tensor b, double scale, double dropout, Func<Tensor, Tensor> gates)
        : base(site, scale, dropout)
    {
        (_experts, _gates) = (experts, gates);
        (A, B) = (Own("lora_A.weight", a), Own("lora_B.weight", b));
    }

    /// <summary>A <c>[M·rank, in]</c></summary>
    public Parameter A { get; }

    /// <summary>B <c>[out, M·rank]</c></summary>
    public Parameter B { get; }

    /// <inheritdoc/>
    public override string MergeObstacle =>
        "Routed experts cannot be merged: their gates depend on the token, so no fixed weight does the same.";

    /// <inheritdoc/>
    public override Tensor Delta() => throw new NotSupportedException(MergeObstacle);

    /// <inheritdoc/>
    public override Tensor Adapt(Tensor x, Tensor y)
    {
        using var scope = NewDisposeScope();
        var h = Down(x, A); // [..., M·rank]
        var apart = h.reshape([.. h.shape[..^1], _experts, -1]);
        var gated = apart * _gates(x).unsqueeze(-1); // [..., M, rank]
        return Site.AddMixed(y, gated.reshape(h.shape), B, Scale).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override (Tensor A, Tensor B) Factors() => (A, B);
}

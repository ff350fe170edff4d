using Adapters.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>
/// A parameter of the base that several adapters have trained, mixed: <c>P₀ + Σ π_n(P_n − P₀)</c> with <c>π = softmax(b)</c>.
/// </summary>
/// <param name="differences">P_n − P₀, <c>[experts, ...]</c></param>
/// <param name="prior">b <c>[experts]</c></param>
public sealed class MixedParameter(Tensor differences, Parameter prior)
{
    /// <summary>What is added to P₀.</summary>
    public Tensor Shift() =>
        prior.softmax(0).unsqueeze(0).matmul(differences.flatten(1)).reshape(differences.shape[1..]);
}

/// <summary>The table of an embedding, or of the output layer that shares it, mixed of several.</summary>
/// <param name="site">The layer.</param>
/// <param name="table">The mixture.</param>
public sealed class MixedTable(Site site, MixedParameter table) : DenseDelta(site)
{
    /// <inheritdoc/>
    public override Tensor Delta() => Site.Matrix(table.Shift());
}

using Adapters.Models;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Mechanisms;

/// <summary>One trained low-rank update: A <c>[rank, in]</c>, B <c>[out, rank]</c> and its scale.</summary>
public sealed record LowRankExpert(Tensor A, Tensor B, double Scale);

/// <summary>
/// Trained low-rank updates of one layer, side by side and never trained again: together they cost what one update of
/// their summed rank costs. Smaller ranks are filled up with zeros; an expert that leaves this layer alone is all zeros.
/// </summary>
public class FrozenExperts : IExpertOutputs, IDisposable
{
    internal const double Epsilon = 1e-5; // of the layer norm

    private readonly Tensor _down; // [experts·rank, in]
    private readonly Tensor _up; // [out, experts·rank], scales within
    private readonly long _rank;
    private (Tensor Root, Tensor Basis)? _norm; // made when a gate first looks at these experts

    /// <summary>Lays experts side by side.</summary>
    /// <param name="experts">Each expert's update of this layer; null where it has none.</param>
    /// <param name="inputs">Number of the layer's input features.</param>
    /// <param name="outputs">Number of the layer's output features.</param>
    /// <param name="device">Where the layer lies.</param>
    /// <param name="precision">What the layer's adapters compute in.</param>
    public FrozenExperts(
        IReadOnlyList<LowRankExpert?> experts, long inputs, long outputs, Device device, ScalarType precision = ScalarType.Float32)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        (Count, Outputs, _rank) = (experts.Count, outputs, experts.Max(expert => expert?.A.shape[0] ?? 1));
        var down = zeros([Count, _rank, inputs], precision);
        var up = zeros([Count, outputs, _rank], precision);
        for (var n = 0; n < Count; n++)
        {
            if (experts[n] is not { } expert)
                continue;
            var rank = expert.A.shape[0];
            down[n].narrow(0, 0, rank).copy_(expert.A);
            up[n].narrow(1, 0, rank).copy_(expert.B.to(precision) * expert.Scale);
        }

        _down = Kept(down.reshape(-1, inputs), device);
        _up = Kept(up.permute(1, 0, 2).reshape(outputs, -1), device);
    }

    /// <summary>Number of experts.</summary>
    public int Count { get; }

    /// <summary>Number of the layer's output features.</summary>
    public long Outputs { get; }

    /// <summary>What they compute in.</summary>
    public ScalarType Precision => _down.dtype;

    /// <summary>Features that each expert sees of an input.</summary>
    protected long Rank => _rank;

    /// <summary>R <c>[experts, k, rank]</c> and √out·Q <c>[experts, out, k]</c> of each expert, k = min(out, rank).</summary>
    private (Tensor Root, Tensor Basis) Norm => _norm ??= Decomposed();

    /// <summary>Why not even one of them alone can be folded into the layer; null where it can.</summary>
    public virtual string? MergeObstacle => null;

    /// <summary>The model begins a forward pass.</summary>
    /// <param name="input">What it is given.</param>
    public virtual void Begin(ModelInput input) { }

    /// <summary>What the experts see.</summary>
    /// <param name="x"><c>[..., in]</c></param>
    /// <returns><c>[..., experts·rank]</c></returns>
    public virtual Tensor Down(Tensor x) => functional.linear(x.to(_down.dtype), _down);

    /// <summary>What one expert sees.</summary>
    /// <param name="x"><c>[..., in]</c></param>
    /// <param name="expert">Its number from 0.</param>
    /// <returns><c>[..., rank]</c></returns>
    protected virtual Tensor DownOne(Tensor x, int expert) => functional.linear(x.to(_down.dtype), DownOf(expert));

    /// <summary>y + Σ g_n E_n.</summary>
    /// <param name="y"><c>[batch, ..., out]</c></param>
    /// <param name="h">Of <see cref="Down"/>, <c>[batch, ..., experts·rank]</c>.</param>
    /// <param name="gates"><c>[batch, positions or 1, experts]</c></param>
    public Tensor AddUp(Tensor y, Tensor h, Tensor gates) => // gated [batch, positions, experts, rank]
        Add(y, Apart(h) * gates.unsqueeze(3), _up);

    /// <summary>y + E_n(x) of one expert; the others are not computed.</summary>
    /// <param name="x"><c>[..., in]</c></param>
    /// <param name="y"><c>[..., out]</c></param>
    /// <param name="expert">n, from 0.</param>
    public Tensor AddOne(Tensor x, Tensor y, int expert) => Add(y, DownOne(x, expert), UpOf(expert));

    /// <summary>Each expert's output, layer-normed over its features, in coordinates of <see cref="Project"/>'s basis.</summary>
    /// <param name="h">Of <see cref="Down"/>, <c>[batch, ..., experts·rank]</c>.</param>
    /// <returns><c>[batch, positions, experts, k]</c></returns>
    public Tensor Normalised(Tensor h)
    {
        var w = einsum("bpnr,nkr->bpnk", Apart(h), Norm.Root);
        return w * (w.square().sum(dim: -1, keepdim: true) + Epsilon).rsqrt();
    }

    /// <summary>Takes weights of expert outputs to the coordinates of <see cref="Normalised"/>.</summary>
    /// <param name="weight"><c>[experts, positions, out, columns]</c></param>
    /// <returns><c>[experts, positions, k, columns]</c></returns>
    public Tensor Project(Tensor weight) => einsum("nok,nsom->nskm", Norm.Basis, weight);

    /// <summary>One expert's ΔW <c>[out, in]</c>.</summary>
    public Tensor Delta(int expert) => UpOf(expert).matmul(DownOf(expert));

    /// <summary>Frees the experts.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the experts.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        _down.Dispose();
        _up.Dispose();
        _norm?.Root.Dispose();
        _norm?.Basis.Dispose();
    }

    /// <summary>
    /// Layer norm of E = U·h without E. Less their mean, the rows of U are √out·Q·R, so the centred E is √out·Q·w with w = R·h, its
    /// variance |w|², and the norm √out·Q·w/√(|w|² + ε): all but Q is as small as the rank.
    /// </summary>
    private (Tensor Root, Tensor Basis) Decomposed()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var up = _up.cpu().to(float64).reshape(Outputs, Count, _rank).permute(1, 0, 2); // [experts, out, rank]
        var (q, r) = linalg.qr((up - up.mean([1], keepdim: true)) / Math.Sqrt(Outputs));
        return (Kept(r.to(Precision), _up.device), Kept((q * Math.Sqrt(Outputs)).to(Precision), _up.device));
    }

    private static Tensor Kept(Tensor tensor, Device device) => tensor.to(device).contiguous().DetachFromDisposeScope();

    private Tensor DownOf(int expert) => _down.narrow(0, expert * _rank, _rank);

    private Tensor UpOf(int expert) => _up.narrow(1, expert * _rank, _rank);

    private Tensor Add(Tensor y, Tensor h, Tensor up) =>
        addmm(y.to(up.dtype).reshape(-1, Outputs), h.reshape(-1, up.shape[1]), up.t(), 1, 1).reshape(y.shape).to(y.dtype);

    /// <summary>[batch, ..., experts·rank] -> [batch, positions, experts, rank]</summary>
    private Tensor Apart(Tensor h) => h.reshape(h.shape[0], -1, Count, _rank);
}

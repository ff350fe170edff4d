using System.Diagnostics;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Mechanisms;

/// <summary>How a gate makes one feature vector of many positions.</summary>
public enum GatePooling
{
    /// <summary>The mean over all real positions. In a causal model early positions so learn about later ones.</summary>
    Mean,

    /// <summary>All positions side by side, in the order expert, position, feature: the paper's form, for one length.</summary>
    Flatten,

    /// <summary>For each position the mean over the real ones up to it.</summary>
    CausalMean,
}

/// <summary>
/// MoLE's gate: <c>g = softmax(φ·e / τ)</c> over the active experts, where φ are the experts' outputs on one layer,
/// layer-normed over features (no affine, ε 1e-5) and pooled over positions. Several layers may share it.
/// </summary>
/// <remarks>
/// Wu et al. 2024, arXiv:2404.13628, equations 9 to 12, on deltas instead of whole blocks. The paper leaves e's first
/// values open; with e = 0 every expert counts alike. τ is kept at 0.01 or above.
/// </remarks>
public class ExpertGate : IDisposable
{
    private const double LowestTemperature = 0.01;

    private readonly IExpertOutputs _experts;
    private readonly GatePooling _pooling;
    private readonly Tensor _masked; // [experts]
    private Tensor? _gates;
    private Tensor? _counted; // which gates are of real tokens [batch, positions or 1, 1]; null when all are

    /// <summary>A gate over a layer's experts.</summary>
    /// <param name="experts">The experts whose outputs it looks at.</param>
    /// <param name="weight">e <c>[experts·out, experts]</c>, or for flattened positions <c>[experts·positions·out, experts]</c>.</param>
    /// <param name="temperature">τ <c>[1]</c></param>
    /// <param name="pooling">How positions become features.</param>
    /// <param name="active">Which experts may be used; at least one.</param>
    public ExpertGate(IExpertOutputs experts, Tensor weight, Tensor temperature, GatePooling pooling, IReadOnlyList<bool> active)
    {
        if (!active.Contains(true))
            throw new ArgumentException("Every expert is masked.", nameof(active));
        (_experts, _pooling, Active) = (experts, pooling, active);
        (Weight, Temperature) = (Parameter(weight), Parameter(temperature));
        _masked = tensor(active.Select(each => !each).ToArray(), device: Weight.device).DetachFromDisposeScope();
    }

    /// <summary>e</summary>
    public Parameter Weight { get; }

    /// <summary>τ <c>[1]</c></summary>
    public Parameter Temperature { get; }

    /// <summary>Which experts may be used.</summary>
    public IReadOnlyList<bool> Active { get; }

    /// <summary>Whether a fixed weight does what the mixture does: one expert alone may be used, so that its gate is 1.</summary>
    public virtual bool IsConstant => Active.Count(active => active) == 1;

    /// <summary>The gates of this forward pass <c>[batch, positions or 1, experts]</c>.</summary>
    /// <exception cref="InvalidOperationException">When the gate's own layer has not run yet.</exception>
    public Tensor Gates => _gates
        ?? throw new InvalidOperationException("A layer that shares a gate ran before the gate's own layer.");

    /// <summary>Computes the gates of a forward pass.</summary>
    /// <param name="h">What <see cref="IExpertOutputs.Normalised"/> takes: what the experts make of the input there.</param>
    /// <param name="mask">Which positions are real <c>[batch, positions]</c> (0 = padding, which counts for nothing), or null.</param>
    public void Open(Tensor h, Tensor? mask = null)
    {
        using var scope = NewDisposeScope();
        var real = mask?.ne(0).to(float32).unsqueeze(-1); // [batch, positions, 1]
        var scores = Scores(_experts.Normalised(h), real);
        Release();
        _counted = (_pooling == GatePooling.CausalMean ? real : real?.amax([1], keepdim: true))?.DetachFromDisposeScope();
        // Kept beyond the scope of the block that computes it: later blocks and the balance loss look at it.
        _gates = scores.masked_fill(_masked, float.NegativeInfinity).softmax(-1).DetachFromDisposeScope();
    }

    /// <summary>Mean gate of each expert over batch and real positions <c>[experts]</c>; forgets the gates.</summary>
    public Tensor TakeUsage()
    {
        using var scope = NewDisposeScope();
        var usage = _counted is null ? Gates.mean([0, 1]) : (Gates * _counted).sum([0, 1]) / _counted.sum();
        Release();
        return usage.MoveToOuterDisposeScope();
    }

    /// <summary>How unevenly active experts are used, <c>−Σ log q_n</c> with q the mean over gates: at least N·ln N.</summary>
    /// <param name="usages">Each gate's <see cref="TakeUsage"/>.</param>
    /// <param name="active">Which experts count.</param>
    public static Tensor Imbalance(IEnumerable<Tensor> usages, IReadOnlyList<bool> active)
    {
        using var scope = NewDisposeScope();
        var used = stack(usages).mean([0]);
        var counted = tensor(active.ToArray(), device: used.device);
        return used.masked_select(counted).log().sum().neg().MoveToOuterDisposeScope();
    }

    /// <summary>Frees what is no parameter.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what is no parameter.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        Release();
        _masked.Dispose();
    }

    /// <summary>What the gates are the softmax of.</summary>
    /// <param name="features">Of <see cref="IExpertOutputs.Normalised"/>, <c>[batch, positions, experts, k]</c>.</param>
    /// <param name="real">Which positions are no padding, as 0 and 1 <c>[batch, positions, 1]</c>, or null.</param>
    /// <returns><c>[batch, positions or 1, experts]</c></returns>
    protected virtual Tensor Scores(Tensor features, Tensor? real) => Tempered(Logits(features, real));

    /// <summary>Logits over τ.</summary>
    protected Tensor Tempered(Tensor logits) => logits / Temperature.clamp(min: LowestTemperature);

    /// <summary>φ·e of features that have been pooled.</summary>
    /// <param name="pooled"><c>[batch, rows, experts, k]</c></param>
    /// <returns><c>[batch, rows, experts]</c></returns>
    protected Tensor Weighed(Tensor pooled) => pooled.flatten(2).matmul(
        _experts.Project(Weight.reshape(_experts.Count, 1, _experts.Outputs, _experts.Count)).reshape(-1, _experts.Count));

    /// <param name="features"><c>[batch, positions, experts, k]</c></param>
    /// <param name="real">Which positions are no padding, as 0 and 1 <c>[batch, positions, 1]</c>, or null.</param>
    /// <returns><c>[batch, positions or 1, experts]</c></returns>
    private Tensor Logits(Tensor features, Tensor? real)
    {
        var (batch, positions) = (features.shape[0], features.shape[1]);
        var length = _pooling == GatePooling.Flatten ? positions : 1;
        var made = Weight.shape[0] / _experts.Count / _experts.Outputs;
        if (made != length)
            throw new InvalidOperationException($"The gate was made for {made} positions and cannot flatten {positions}.");

        var weights = real?.unsqueeze(-1);
        if (weights is not null)
            features = features * weights;
        var pooled = _pooling switch
        {
            GatePooling.Mean when weights is null => features.mean([1], keepdim: true),
            GatePooling.Mean => features.sum(1, keepdim: true) / weights.sum(1, keepdim: true).clamp(min: 1),
            GatePooling.CausalMean => features.cumsum(1) / Counts(),
            GatePooling.Flatten => features.transpose(1, 2),
            _ => throw new UnreachableException(),
        };
        var weight = _experts.Project(Weight.reshape(_experts.Count, length, _experts.Outputs, _experts.Count));
        return pooled.reshape(batch, _pooling == GatePooling.CausalMean ? positions : 1, -1)
            .matmul(weight.reshape(-1, _experts.Count));

        // Before a row's first real token the sum is 0, whatever it is divided by.
        Tensor Counts() => weights?.cumsum(1).clamp(min: 1)
            ?? arange(1, positions + 1, device: features.device).reshape(1, -1, 1, 1);
    }

    private void Release()
    {
        _gates?.Dispose();
        _counted?.Dispose();
        (_gates, _counted) = (null, null);
    }
}

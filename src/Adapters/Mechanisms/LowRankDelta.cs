using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>A low-rank update beside a linear layer: <c>y + s·B(A·drop(x))</c>.</summary>
public sealed class LowRankDelta : LinearAdapter
{
    private readonly LowRankFactors _factors;

    /// <summary>Puts the factors beside a layer; they are saved as PEFT saves them.</summary>
    public LowRankDelta(LowRankFactors factors) : base(nameof(LowRankDelta))
    {
        _factors = factors;
        Own("lora_A.weight", factors.A);
        Own("lora_B.weight", factors.B);
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor x, Tensor y)
    {
        using var scope = NewDisposeScope();
        return _factors.AddUp(y, _factors.Down(x, training)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor DeltaWeight() => _factors.Delta();
}

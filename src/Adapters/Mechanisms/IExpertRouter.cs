using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>Says by a sample's features which experts it goes to, and how much each counts.</summary>
public interface IExpertRouter
{
    /// <summary>What it trains, and the name of each.</summary>
    IReadOnlyList<(string Key, Parameter Value)> Parameters { get; }

    /// <summary>Routes a batch.</summary>
    /// <param name="features">f <c>[samples, features]</c></param>
    /// <param name="training">Whether noise is added, by a router that draws any.</param>
    /// <param name="sharing">How many samples that follow each other share one draw of the noise.</param>
    GateChoice Choose(Tensor features, bool training, long sharing = 1);
}

/// <summary>How a gate routed a batch.</summary>
/// <param name="Logits">What the choice was made by <c>[samples, experts]</c>, noise included.</param>
/// <param name="Deviation">The noise's deviation <c>[samples, experts]</c>; null where there was no noise.</param>
/// <param name="Gates">Weight of each expert <c>[samples, experts]</c>, zero where it is not chosen.</param>
/// <param name="Chosen">Indices of the chosen experts <c>[samples, k]</c>, best first.</param>
/// <param name="Load">Samples that each expert gets <c>[experts]</c>, smooth in training.</param>
public record GateChoice(Tensor Logits, Tensor? Deviation, Tensor Gates, Tensor Chosen, Tensor Load)
{
    /// <summary>
    /// How unevenly experts are used, <c>cv²(importance) + cv²(load)</c>: a scalar, at its least where all are used alike.
    /// </summary>
    public virtual Tensor Imbalance() => SquaredVariation(Gates.sum(dim: 0)) + SquaredVariation(Load);

    /// <summary>Unbiased variance over squared mean; zero for a single expert.</summary>
    private static Tensor SquaredVariation(Tensor values) => values.numel() == 1
        ? zeros_like(values).sum()
        : values.var(unbiased: true) / (values.mean().square() + 1e-10);
}

using System.Diagnostics;
using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>How the outputs of several chosen experts become one.</summary>
public enum ExpertCombination
{
    /// <summary>Σ G_e·z_e.</summary>
    Sum,

    /// <summary>log Σ exp(z_e), as the published code does.</summary>
    LogSumExp,

    /// <summary>log Σ G_e·exp(z_e), as the published code does where it multiplies by gates.</summary>
    GatedLogSumExp,
}

/// <summary>What the experts that a gate chose for each map make of it.</summary>
/// <param name="gate">Chooses by the mean of a map.</param>
/// <param name="experts">The experts, freed with this.</param>
/// <param name="combination">How the outputs of several become one.</param>
public sealed class GatedScales(IExpertRouter gate, ScaleExperts experts, ExpertCombination combination) : IDisposable
{
    /// <summary>The gate.</summary>
    public IExpertRouter Gate => gate;

    /// <summary>The experts.</summary>
    public ScaleExperts Experts => experts;

    /// <summary>Routes whole maps.</summary>
    /// <param name="map"><c>[images, channels, height, width]</c></param>
    /// <param name="training">Whether the gate is trained.</param>
    internal MapUpdate Of(Tensor map, bool training)
    {
        var features = map.mean([2, 3]);
        var choice = gate.Choose(features, training);
        return new MapUpdate(Apply(map, choice.Gates, choice.Chosen), features, choice);
    }

    /// <summary>Gives each map to its experts.</summary>
    /// <param name="map"><c>[maps, channels, height, width]</c></param>
    /// <param name="gates"><c>[maps, experts]</c></param>
    /// <param name="chosen"><c>[maps, k]</c></param>
    /// <param name="outputs">The first of the channels that are asked for, and their number; all where absent.</param>
    /// <returns><c>[maps, outputs, height, width]</c></returns>
    internal Tensor Apply(Tensor map, Tensor gates, Tensor chosen, (long First, long Count)? outputs = null)
    {
        var each = experts.Apply(map, chosen, outputs); // [maps, k, outputs, height, width]
        if (each.shape[1] == 1)
            return each.squeeze(1); // its gate is 1, so every combination is the output itself
        var weights = gates.gather(1, chosen).reshape(each.shape[0], each.shape[1], 1, 1, 1);
        return combination switch
        {
            ExpertCombination.Sum => (weights * each).sum(dim: 1),
            ExpertCombination.LogSumExp => each.logsumexp(1),
            ExpertCombination.GatedLogSumExp => (each + weights.log()).logsumexp(1),
            _ => throw new UnreachableException(),
        };
    }

    /// <summary>Frees what is no parameter.</summary>
    public void Dispose() => experts.Dispose();
}

/// <summary>What experts make of maps.</summary>
/// <param name="Update">z <c>[images, channels, height, width]</c></param>
/// <param name="Features">What the gate saw <c>[samples, channels]</c>.</param>
/// <param name="Choice">How it routed.</param>
internal sealed record MapUpdate(Tensor Update, Tensor Features, GateChoice Choice);

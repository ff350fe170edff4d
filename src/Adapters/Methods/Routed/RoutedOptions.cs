using System.ComponentModel.DataAnnotations;
using Adapters.Options;

namespace Adapters.Methods.Routed;

/// <summary>The options of methods that send each token to some of several low-rank updates.</summary>
public abstract record RoutedOptions : TargetOptions
{
    /// <summary>Inner dimension r of an update.</summary>
    [Range(1, 65536)]
    public int Rank { get; init; }

    /// <summary>Numerator of the updates' scale, alpha / rank.</summary>
    [Range(0.0, 1e6), Mutable]
    public double Alpha { get; init; }

    /// <summary>Share of the input that the updates do not see in training.</summary>
    [Range(0.0, 0.99), Mutable]
    public double Dropout { get; init; }

    /// <summary>Number M of experts in a layer, or in a feed-forward part.</summary>
    [Range(1, 1024)]
    public int Experts { get; init; }

    /// <summary>How many of them each token goes to.</summary>
    [Range(1, 1024)]
    public int TopK { get; init; } = 2;

    /// <summary>Weight of the loss that asks for all experts to be used alike.</summary>
    [Range(0.0, 1e6), Mutable]
    public double BalanceWeight { get; init; }
}

using System.ComponentModel.DataAnnotations;
using Adapters.Models;
using Adapters.Options;

namespace Adapters.Methods.Dense;

/// <summary>The options of the methods that come from LyCORIS (Yeh et al. 2023, arXiv:2309.14859).</summary>
public abstract record LycorisOptions : ScaledOptions
{
    /// <summary>Numerator of the update's scale.</summary>
    [Range(0.0, 1e6), Mutable, PeftField("alpha")]
    public override double Alpha { get; init; } = 8;

    /// <summary>Share of a layer's outputs that get no update in a pass of training.</summary>
    [Range(0.0, 0.99), Mutable, PeftField("rank_dropout")]
    public double RankDropout { get; init; }

    /// <summary>Share of the passes of training in which a layer goes without its update.</summary>
    [Range(0.0, 0.99), Mutable, PeftField("module_dropout")]
    public double ModuleDropout { get; init; }

    /// <summary>Whether convolutions of several pixels have factors for channels and a small core for the kernel.</summary>
    [PeftField("use_effective_conv2d")]
    public bool EffectiveConv2d { get; init; }

    /// <summary>What the update is multiplied by.</summary>
    internal double Scale => Alpha / Rank;

    /// <summary>Columns of a layer's matrix by pixels of its kernel, and the kernel's size.</summary>
    internal static (long Channels, (long Height, long Width) Kernel) ShapeOf(Site site) => site is ConvolutionSite
        ? (site.Weight.shape[1], (site.Weight.shape[2], site.Weight.shape[3]))
        : (site.Inputs, (1, 1));
}

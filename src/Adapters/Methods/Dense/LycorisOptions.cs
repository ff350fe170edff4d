using System.ComponentModel.DataAnnotations;
using Adapters.Models;
using Adapters.Options;

namespace Adapters.Methods.Dense;

/// <summary>The options of the methods that come from LyCORIS (Yeh et al. 2023, arXiv:2309.14859).</summary>
public abstract record LycorisOptions : TargetOptions
{
    /// <summary>Inner dimension r of the factors.</summary>
    [Range(1, 65536), PeftField("r")]
    public int Rank { get; init; } = 8;

    /// <summary>Numerator of the update's scale.</summary>
    [Range(0.0, 1e6), Mutable, PeftField("alpha")]
    public double Alpha { get; init; } = 8;

    /// <summary>Share of a layer's outputs that get no update in a pass of training.</summary>
    [Range(0.0, 0.99), Mutable, PeftField("rank_dropout")]
    public double RankDropout { get; init; }

    /// <summary>Share of the passes of training in which a layer goes without its update.</summary>
    [Range(0.0, 0.99), Mutable, PeftField("module_dropout")]
    public double ModuleDropout { get; init; }

    /// <summary>Whether convolutions of several pixels have factors for channels and a small core for the kernel.</summary>
    [PeftField("use_effective_conv2d")]
    public bool EffectiveConv2d { get; init; }

    /// <summary>Other ranks for some layers: entries like mlp.*=4, of which the first that fits the end of a name counts.</summary>
    [PeftField("rank_pattern", IsMap = true)]
    public IReadOnlyList<string>? RankPattern { get; init; }

    /// <summary>Other numerators of the scale for some layers, likewise.</summary>
    [PeftField("alpha_pattern", IsMap = true)]
    public IReadOnlyList<string>? AlphaPattern { get; init; }

    /// <summary>What the update is multiplied by.</summary>
    internal double Scale => Alpha / Rank;

    /// <summary>The options as the patterns have them for one layer.</summary>
    internal static TOptions For<TOptions>(Target target, TOptions options) where TOptions : LycorisOptions => options with
    {
        Rank = (int)LayerPatterns.Of(options.RankPattern, "rank_pattern", target.Name, options.Rank),
        Alpha = LayerPatterns.Of(options.AlphaPattern, "alpha_pattern", target.Name, options.Alpha),
    };

    /// <summary>Columns of a layer's matrix by pixels of its kernel, and the kernel's size.</summary>
    internal static (long Channels, (long Height, long Width) Kernel) ShapeOf(Site site) => site is ConvolutionSite
        ? (site.Weight.shape[1], (site.Weight.shape[2], site.Weight.shape[3]))
        : (site.Inputs, (1, 1));
}

using System.ComponentModel.DataAnnotations;
using Adapters.Options;

namespace Adapters.Methods;

/// <summary>The options of methods whose rank may differ from layer to layer.</summary>
public abstract record RankedOptions : TargetOptions
{
    /// <summary>Inner dimension r of the update.</summary>
    [Range(1, 65536), PeftField("r")]
    public int Rank { get; init; } = 8;

    /// <summary>Other ranks for some layers: entries like mlp.*=4, of which the first that fits the end of a name counts.</summary>
    [PeftField("rank_pattern", IsMap = true)]
    public IReadOnlyList<string>? RankPattern { get; init; }

    /// <summary>The options as the patterns have them for one layer.</summary>
    internal virtual RankedOptions For(string layer) =>
        this with { Rank = (int)LayerPatterns.Of(RankPattern, "rank_pattern", layer, Rank) };
}

/// <summary>The options of methods whose scale may differ from layer to layer, too.</summary>
public abstract record ScaledOptions : RankedOptions
{
    /// <summary>Numerator of the update's scale.</summary>
    public abstract double Alpha { get; init; }

    /// <summary>Other numerators of the scale for some layers, likewise.</summary>
    [PeftField("alpha_pattern", IsMap = true)]
    public IReadOnlyList<string>? AlphaPattern { get; init; }

    /// <inheritdoc/>
    internal override RankedOptions For(string layer) =>
        (ScaledOptions)base.For(layer) with { Alpha = LayerPatterns.Of(AlphaPattern, "alpha_pattern", layer, Alpha) };
}

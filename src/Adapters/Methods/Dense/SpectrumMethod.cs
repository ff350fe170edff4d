using System.ComponentModel.DataAnnotations;
using Adapters.Options;

namespace Adapters.Methods.Dense;

/// <summary>The options of methods that train a few coefficients of a transform of the update, at places that a seed draws.</summary>
public abstract record SpectrumOptions : TargetOptions
{
    /// <summary>Trained coefficients a layer. If absent PEFT's default, or all that the smallest layer has where those are fewer.</summary>
    [Range(1, int.MaxValue), PeftField("n_frequency")]
    public int? NFrequency { get; init; }

    /// <summary>Other numbers for some layers: entries like mlp.*=400, of which the first that fits the end of a name counts.</summary>
    [PeftField("n_frequency_pattern", IsMap = true)]
    public IReadOnlyList<string>? NFrequencyPattern { get; init; }

    /// <summary>What the update is multiplied by. If absent PEFT's default, or less where the smallest layer has few entries.</summary>
    [Range(0.0, 1e9), PeftField("scaling")]
    public double? Scaling { get; init; }

    /// <summary>Draws the places of the coefficients; adapters of one seed and count share them.</summary>
    [Range(0, int.MaxValue), PeftField("random_loc_seed")]
    public int RandomLocSeed { get; init; } = 777;
}

/// <summary>What such methods do alike: say how many coefficients there are, and refuse more than a layer has.</summary>
/// <typeparam name="TOptions">Its options record.</typeparam>
public abstract class SpectrumMethod<TOptions> : LayerMethod<TOptions>
    where TOptions : SpectrumOptions, new()
{
    /// <summary>Coefficients a layer where nobody says.</summary>
    protected abstract int UsualCount { get; }

    /// <summary>What the update is multiplied by where nobody says.</summary>
    /// <param name="size">Entries of the smallest layer's matrix.</param>
    /// <param name="count">Coefficients.</param>
    protected abstract double UsualScaling(long size, int count);

    /// <inheritdoc/>
    protected override TOptions Completed(Attachment on, IReadOnlyList<Target> targets, TOptions options)
    {
        var size = targets.Min(target => target.Site.Inputs * target.Site.Outputs);
        var count = options.NFrequency ?? (int)Math.Min(UsualCount, size);
        var scaling = options.Scaling ?? UsualScaling(size, count);
        (on.Config["n_frequency"], on.Config["scaling"]) = (count, scaling);
        return options with { NFrequency = count, Scaling = scaling };
    }

    /// <inheritdoc/>
    protected override TOptions OptionsFor(Target target, TOptions options) => options with
    {
        NFrequency = (int)LayerPatterns.Of(options.NFrequencyPattern, "n_frequency_pattern", target.Name, options.NFrequency!.Value),
    };

    /// <summary>Coefficients of a layer.</summary>
    /// <exception cref="AdapterException">When they are more than the layer has places.</exception>
    protected static int CountOf(Attachment on, Target target, TOptions options)
    {
        var (count, site) = (options.NFrequency!.Value, target.Site);
        return count <= site.Inputs * site.Outputs ? count : throw new AdapterException(
            $"Option 'n_frequency' of method '{on.Method}' is {count}, but {target.Name} maps {site.Inputs} to {site.Outputs} features, "
            + $"so there are but {site.Inputs * site.Outputs}.");
    }
}

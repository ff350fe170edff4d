using Adapters.Mechanisms;
using Adapters.Models;

namespace Adapters.Methods;

/// <summary>A method that puts an adapter of one kind around each target layer.</summary>
/// <typeparam name="TOptions">Its options record.</typeparam>
public abstract class LayerMethod<TOptions> : AdapterMethod<TOptions>
    where TOptions : TargetOptions, new()
{
    /// <inheritdoc/>
    protected override void Attach(Attachment on, TOptions options)
    {
        var targets = on.Targets(options, Adapts, DefaultTargets(on.Model));
        options = Completed(on, targets, options);
        var adapters = new List<SiteAdapter>();
        foreach (var target in targets)
        {
            var own = OptionsFor(target, options);
            if (RankOf(own) is { } rank)
                on.CheckRank(target, rank);
            adapters.Add(Create(on, target, own));
            on.Put(target.Name, adapters[^1]);
        }

        on.Free(options.Bias);
        Attached(on, adapters, options);
    }

    /// <summary>Names or dotted ends of the layers that it adapts where the options say nothing.</summary>
    protected virtual IReadOnlyList<string> DefaultTargets(BaseModel model) => model.DefaultTargets;

    /// <summary>Whether it adapts layers of that kind; linear ones unless it says otherwise.</summary>
    protected virtual bool Adapts(Site site) => site is LinearSite;

    /// <summary>A rank that no layer's dimensions may fall short of; null where there is none.</summary>
    protected virtual int? RankOf(TOptions options) => null;

    /// <summary>
    /// The options with what they leave to the method, where that hangs on the layers. What PEFT must be told of it goes into the
    /// config.
    /// </summary>
    protected virtual TOptions Completed(Attachment on, IReadOnlyList<Target> targets, TOptions options) => options;

    /// <summary>The options as they hold for one layer; patterns of ranks and scales aside, the same for all.</summary>
    protected virtual TOptions OptionsFor(Target target, TOptions options) =>
        options is RankedOptions ranked ? (TOptions)(TargetOptions)ranked.For(target.Name) : options;

    /// <summary>Makes a fresh adapter for a layer.</summary>
    /// <param name="on">What it is put on, and what it may share with the others.</param>
    /// <param name="target">The layer.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="AdapterException">When options and layer do not fit together, with the value.</exception>
    protected abstract SiteAdapter Create(Attachment on, Target target, TOptions options);

    /// <summary>Does what concerns all adapters of it together, once they are put.</summary>
    /// <param name="on">What they are put on.</param>
    /// <param name="adapters">What <see cref="Create"/> made, in order.</param>
    /// <param name="options">The options.</param>
    protected virtual void Attached(Attachment on, IReadOnlyList<SiteAdapter> adapters, TOptions options) { }
}

/// <summary>A layer that is to be adapted.</summary>
/// <param name="Name">Its full name.</param>
/// <param name="Site">The layer.</param>
/// <param name="Index">Its place among the targets, from 0.</param>
public sealed record Target(string Name, Site Site, int Index);

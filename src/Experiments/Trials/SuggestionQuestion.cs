using Experiments.Samplers;
using Experiments.Sweeps;

namespace Experiments.Trials;

/// <summary>
/// A configuration that a sampler is asked for, with all that the answer depends on. Nothing of it changes any more, so that it
/// can be answered on any thread, at any time, and again.
/// </summary>
public sealed class SuggestionQuestion
{
    private readonly ISampler _sampler;
    private readonly MethodEntry _entry;
    private readonly ulong _seed;

    internal SuggestionQuestion(ISampler sampler, PlannedEntry entry, IReadOnlyList<Observation> history)
    {
        (_sampler, _entry, _seed, History) = (sampler, entry.Entry, entry.Seed, history);
        (Block, Index) = (entry.Block, entry.Configurations.Count);
    }

    /// <summary>Index of the block.</summary>
    public int Block { get; }

    /// <summary>Name of the entry.</summary>
    public string Entry => _entry.Name;

    /// <summary>Index of the configuration.</summary>
    public int Index { get; }

    /// <summary>What every earlier configuration of the entry had come to when the question was asked.</summary>
    public IReadOnlyList<Observation> History { get; }

    /// <summary>Draws the configuration.</summary>
    /// <exception cref="SpecException">When the constraints admit none.</exception>
    public LedgerInput.Suggested Answer() =>
        new(Block, Entry, Index, StartingConfigurations.Suggest(_sampler, _entry, History, Index, _seed));
}

using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Runtime.CompilerServices;
using Experiments.Samplers.ParzenEstimators;
using Experiments.Sweeps;

namespace Experiments.Samplers;

/// <summary>
/// Tree-structured Parzen estimator: draws where good trials are dense and others are not. Parameters that occur together
/// are drawn together; trials still running count as bad, so that parallel ones spread. A finite space gives no
/// configuration twice, and null when it has no more.
/// </summary>
/// <remarks>Bergstra, Bardenet, Bengio and Kégl 2011, "Algorithms for hyper-parameter optimization", section 4; the choices
/// beyond it are in <see cref="GroupSearch"/>.</remarks>
[Sampler("tpe")]
[Description("Learns from finished trials where good configurations lie (tree-structured Parzen estimator).")]
public sealed class TpeSampler(TpeSampler.Options options) : ISampler
{
    /// <summary>What a sweep file can set.</summary>
    public sealed record Options
    {
        internal const string Avoid = "avoid";

        /// <summary>How many trials are drawn at random until that many have finished.</summary>
        [Description("Random trials until that many have finished.")]
        [Range(1, 1000)]
        public int Startup { get; init; } = 10;

        /// <summary>How many candidates a suggestion is the best of. More follow what is known more closely.</summary>
        [Description("Candidates that a suggestion is the best of; more explore less.")]
        [Range(1, 1000)]
        public int Candidates { get; init; } = 24;

        /// <summary>What failed trials say: <c>ignore</c>, nothing; <c>avoid</c>, that the region is bad, for example too
        /// large for the memory.</summary>
        [Description("Whether failed trials say nothing (ignore) or that the region is bad (avoid).")]
        [AllowedValues("ignore", Avoid)]
        public string Failed { get; init; } = "ignore";
    }

    private static readonly RandomSampler _random = new();

    private readonly ConditionalWeakTable<SearchSpace, SpaceSearch> _searches = [];

    /// <inheritdoc/>
    public bool UsesHistory => true;

    /// <inheritdoc/>
    public Configuration? Suggest(SearchSpace space, IReadOnlyList<Observation> history, int index, ulong seed) =>
        _searches.GetValue(space, space => new SpaceSearch(space)).Suggest(options, history, index, seed)
        ?? _random.Suggest(space, history, index, seed);

    /// <inheritdoc/>
    public long? Count(SearchSpace space) => _random.Count(space);
}

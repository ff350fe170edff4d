using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Experiments.Schedulers;

/// <summary>
/// Population based training (Jaderberg et al. 2017, arXiv 1711.09846): trials rest at each multiple of an interval and are
/// compared with the others of their population there. One of the worst gives up what it has trained for the checkpoint
/// of one of the best (exploit), and goes on with values near that one's (explore); the others go on as they are. What is found
/// is a schedule of values, not one configuration.
/// </summary>
/// <remarks>
/// Trials of one group, seed and length are a population: a trial of another seed sees other data. They are compared by what they were
/// measured at the same step, as soon as one that rests there is to go on, and those that come later as they come.
/// With <c>sync</c> nobody goes on before all have come or ended.
/// </remarks>
[Scheduler("pbt")]
[Description("Population based training: at intervals the worst go on from the best's checkpoints with changed values.")]
public sealed class PopulationBasedTraining(PopulationBasedTraining.Options options) : ITrialScheduler
{
    private const int Generations = 10;

    private readonly SortedDictionary<(int Group, int Replicate, int Steps), Population> _populations = [];
    private readonly Dictionary<TrialId, Population> _populationOf = [];

    /// <summary>What a sweep file can set.</summary>
    public sealed record Options
    {
        /// <summary>Steps between two comparisons; 0 for a tenth of a trial's full steps.</summary>
        [Range(0, 1_000_000_000)]
        [Description("Steps between two comparisons; 0 for a tenth of a trial's full steps.")]
        public int Interval { get; init; }

        /// <summary>Share of the population that is replaced, rounded up, and as many of the best that replace it.</summary>
        [Range(0.0, 0.5)]
        [Description("Share of the worst that take over from the best, and of the best that they take over from.")]
        public double Quantile { get; init; } = 0.25;

        /// <summary>Probability that a value is drawn anew instead of being changed by a fifth.</summary>
        [Range(0.0, 1.0)]
        [Description("Probability that a value is drawn anew from its range, instead of being changed by a fifth.")]
        public double ResampleProbability { get; init; } = 0.25;

        /// <summary>Names of the parameters that change; null for all that may.</summary>
        [Description("Parameters that change; all that may, where it is not given.")]
        public EquatableArray<string>? Parameters { get; init; }

        /// <summary>Whether a population waits for all its members at each comparison.</summary>
        [Description("Whether all members of a population are waited for at each comparison.")]
        public bool Sync { get; init; }
    }

    /// <inheritdoc/>
    public bool TrainsPopulations => true;

    /// <inheritdoc/>
    public void Add(ScheduledTrial trial)
    {
        var key = (trial.Group, trial.Replicate, trial.Steps);
        if (!_populations.TryGetValue(key, out var population))
            _populations.Add(key, population = new Population(options, GenerationsOf(trial.Steps)));
        population.Add(trial);
        _populationOf.Add(trial.Id, population);
    }

    /// <inheritdoc/>
    public IReadOnlyList<int> RungsOf(TrialId trial) => _populationOf[trial][trial].Record.Rungs;

    /// <inheritdoc/>
    public int? RestsAt(TrialId trial) => _populationOf[trial][trial].RestsAt;

    /// <inheritdoc/>
    public void Measured(TrialId trial, int step, double value) => _populationOf[trial].Measured(trial, step, value);

    /// <inheritdoc/>
    public void Rested(TrialId trial, int step) => _populationOf[trial].Rested(trial, step);

    /// <inheritdoc/>
    public Exploit? Exploitation(Func<TrialId, int?> checkpointOf) => Next()?.Population.Exploitation(checkpointOf);

    /// <inheritdoc/>
    public void Exploited(TrialId trial, int step, Configuration configuration) =>
        _populationOf[trial].Exploited(trial, step, configuration);

    /// <inheritdoc/>
    public TrialId? Promotion(bool last) => Next()?.Member.Trial.Id;

    /// <inheritdoc/>
    public void Promoted(TrialId trial) => _populationOf[trial].Promoted(trial);

    /// <inheritdoc/>
    public void Ended(TrialId trial, TrialState state) => _populationOf[trial].Ended(trial, state);

    /// <summary>Of those that could go on, the one with the fewest steps.</summary>
    private (Population Population, PopulationMember Member)? Next() => _populations.Values
        .Select(population => population.Next() is { } member ? (population, member) : ((Population, PopulationMember Member)?)null)
        .Where(next => next is not null)
        .MinBy(next => (next!.Value.Member.Step, next.Value.Member.Trial.Id));

    private int[] GenerationsOf(int steps) =>
        Rungs.Multiples(options.Interval > 0 ? options.Interval : Math.Max(1, steps / Generations), steps);
}

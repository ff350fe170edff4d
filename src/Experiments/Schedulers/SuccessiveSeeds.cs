using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Experiments.Trials;

namespace Experiments.Schedulers;

/// <summary>
/// Successive halving over seeds: a configuration begins with the first seed of the sweep, and the best 1/η of those that have
/// one get the second, the best 1/η of those that have two the third, and so on. The rule is that of asynchronous successive
/// halving (Li et al. 2020, arXiv 1810.05934, algorithm 2) with the number of seeds as resource and the mean over them as
/// value; trials run to their end. Besides, a configuration is closed when it has lost a race (<see cref="SeedRace"/>).
/// </summary>
/// <remarks>A free device goes on with the configuration that has the most seeds before it begins a new one. A failed trial
/// counts as the worst value and closes its configuration. Where a group is too small to bring one to all seeds by the rule, the
/// best goes on all the same when nothing else is left to do.</remarks>
[Scheduler("successive-seeds")]
[Description("Configurations begin with one seed; the best third get the next one, and so on; what is clearly worse is closed.")]
public sealed class SuccessiveSeeds(SuccessiveSeeds.Options options) : ITrialScheduler
{
    private readonly SortedDictionary<int, SeedGroup> _groups = [];
    private readonly Dictionary<TrialId, SeedGroup> _groupOf = [];
    private bool _isLast;

    /// <summary>What a sweep file can set.</summary>
    public sealed record Options
    {
        /// <summary>η: of so many configurations with equally many seeds one gets another; 1 to let races alone decide.</summary>
        [Range(1, 100)]
        [Description("Of so many configurations with equally many seeds one gets another; 1 lets races alone decide.")]
        public int ReductionFactor { get; init; } = 3;

        /// <summary>The paired test of a race: <c>wilcoxon</c>, <c>t</c>, or <c>none</c> for no races.</summary>
        [AllowedValues("wilcoxon", "t", "none")]
        [Description("Paired test that closes a configuration worse than the best over shared seeds, from 5 of these on.")]
        public string Race { get; init; } = "wilcoxon";

        /// <summary>Chance that a race closes a configuration that is as good as the best, over all its looks.</summary>
        [Range(0.0001, 0.5)]
        [Description("Chance that a race closes a configuration that is no worse, over all the seeds at which it is looked at.")]
        public double Alpha { get; init; } = 0.05;
    }

    /// <inheritdoc/>
    public bool ComparesMidway => false;

    /// <inheritdoc/>
    public void Add(ScheduledTrial trial)
    {
        if (!_groups.TryGetValue(trial.Group, out var group))
            _groups.Add(trial.Group, group = new SeedGroup(options));
        group.Add(trial);
        _groupOf.Add(trial.Id, group);
        _isLast = false;
    }

    /// <inheritdoc/>
    public bool Holds(ScheduledTrial trial) => _groups.TryGetValue(trial.Group, out var group) && group.Has(trial.Index);

    /// <inheritdoc/>
    public TrialId? Promotion(bool last) => _groups.Values
        .Select(group => group.Promotion(last || _isLast))
        .Where(promotion => promotion is not null)
        .MaxBy(promotion => promotion!.Value.Seeds)?.Id;

    /// <inheritdoc/>
    /// <remarks>A promotion that the rule does not give says that no trials will come: then the other groups need not wait.</remarks>
    public void Promoted(TrialId trial) => _isLast |= !_groupOf[trial].Promoted(trial);

    /// <inheritdoc/>
    public void Finished(TrialId trial, double value) => _groupOf[trial].Finished(trial, value);

    /// <inheritdoc/>
    public void Ended(TrialId trial, TrialState state) => _groupOf[trial].Ended(trial, state);

    /// <inheritdoc/>
    public IEnumerable<TrialId> ClosedBy(TrialId ended) => _groupOf[ended].ClosedBy(ended);

    /// <inheritdoc/>
    public bool IsPruned(TrialId trial) => _groupOf[trial].IsClosed(trial);

    /// <inheritdoc/>
    public string? WhyPruned(TrialId trial) => _groupOf[trial].WhyPruned(trial);
}

using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Experiments.Trials;

namespace Experiments.Schedulers;

/// <summary>
/// Asynchronous successive halving by promotion (Li et al. 2020, arXiv 1810.05934, algorithm 2): trials rest at each rung,
/// and a free device goes on with one of the best 1/η of a rung, highest rung first, before it begins a new one.
/// </summary>
/// <remarks>
/// Beyond the paper: rungs are used only where they foretell the end. The first trials of a group are probes, which run to
/// their end; a rung whose values do not order them as their final ones do, or that would have lost the best of them
/// (<see cref="RungTrust"/>), lets all trials through, so that where early values mislead the trials run to their end one after the
/// other. A rung that is trusted goes on being doubted: one step in five goes into trials that it holds back, the worst
/// first. With <c>probes: 0</c> it is the paper's algorithm, but for a group too small to promote any trial, which still brings one
/// to its end.
/// </remarks>
[Scheduler("asha")]
[Description("Trials rest at rungs and the best third goes on; rungs that do not foretell the end are passed by.")]
public sealed class Asha(Asha.Options options) : ITrialScheduler
{
    private readonly SortedList<int, AshaGroup> _groups = [];
    private readonly List<AshaMember?> _members = []; // by number; null where it decides nothing about the trial

    /// <summary>What a sweep file can set.</summary>
    public sealed record Options : RungOptions
    {
        /// <summary>How many trials of a group must have run to their end before a rung is judged; 0 trusts every rung.</summary>
        [Range(0, 1000)]
        [Description("Trials that run to their end first, to judge by which rungs foretell it; 0 trusts every rung from the start.")]
        public int Probes { get; init; } = 8;

        /// <summary>Ladders that start at r, r η, r η², …; each trial climbs one of them.</summary>
        [Range(1, 20)]
        [Description("Ladders, each of which starts a rung higher than the last; a trial climbs one of them.")]
        public int Brackets { get; init; } = 1;
    }

    /// <inheritdoc/>
    public void Add(ScheduledTrial trial)
    {
        if (!_groups.TryGetValue(trial.Group, out var group))
            _groups.Add(trial.Group, group = new AshaGroup(options, _members));
        while (_members.Count <= trial.Id.Number)
            _members.Add(null);
        _members[trial.Id.Number] = group.Add(trial);
    }

    /// <inheritdoc/>
    public IReadOnlyList<int> RungsOf(TrialId trial) => Member(trial).Record.Rungs;

    /// <inheritdoc/>
    public int? RestsAt(TrialId trial) => Member(trial).Group.RestsAt(Member(trial));

    /// <inheritdoc/>
    public void Started(TrialId trial) => Member(trial).Group.Started(Member(trial));

    /// <inheritdoc/>
    public void Measured(TrialId trial, int step, double value) => Member(trial).Group.Measured(Member(trial), step, value);

    /// <inheritdoc/>
    public void Rested(TrialId trial, int step) => Member(trial).Group.Rested(Member(trial), step);

    /// <inheritdoc/>
    public TrialId? Promotion(bool last)
    {
        (TrialId Id, int RungsLeft)? best = null;
        for (var group = 0; group < _groups.Count; group++)
        {
            if (_groups.GetValueAtIndex(group).Promotion(last) is { } promotion && !(best?.RungsLeft <= promotion.RungsLeft))
                best = promotion;
        }

        return best?.Id;
    }

    /// <inheritdoc/>
    public void Promoted(TrialId trial) => Member(trial).Group.Promoted(Member(trial));

    /// <inheritdoc/>
    public void Ended(TrialId trial, TrialState state) => Member(trial).Group.Ended(Member(trial), state);

    private AshaMember Member(TrialId trial) => _members[trial.Number]!;
}

using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Experiments.Trials;

namespace Experiments.Schedulers;

/// <summary>
/// The median stopping rule (Golovin et al. 2017, "Google Vizier", 3.2.2): a trial ends at a step where the best value that it
/// had is worse than the median, over the completed trials of its group, of their average up to that step.
/// </summary>
/// <remarks>Only completed trials count: with those that were stopped the bar would move as the rule is applied. Averages are
/// over steps: a value holds from the measurement before it.</remarks>
[Scheduler("median")]
[Description("A trial ends where its best value is worse than the median of the completed trials' averages so far.")]
public sealed class MedianStopping(MedianStopping.Options options) : ITrialScheduler
{
    private readonly Dictionary<TrialId, MeasuredTrial> _trials = [];
    private readonly Dictionary<int, List<MeasuredTrial>> _completed = [];
    private readonly Dictionary<(int Group, int Step), SortedRuns<RungEntry>> _averages = [];
    private readonly HashSet<TrialId> _pruned = [];

    /// <summary>What a sweep file can set.</summary>
    public sealed record Options
    {
        /// <summary>How many trials must have completed before any is stopped.</summary>
        [Range(1, 1000)]
        [Description("Trials that must have completed before any is stopped.")]
        public int MinTrials { get; init; } = 5;

        /// <summary>No trial is stopped before this step.</summary>
        [Range(0, 1_000_000_000)]
        [Description("No trial is stopped before this step.")]
        public int MinSteps { get; init; }

        /// <summary>How often a trial is measured, at even distances, the end included.</summary>
        [Range(2, 1000)]
        [Description("How often a trial is measured, at even distances, its end included.")]
        public int Checks { get; init; } = 10;
    }

    /// <inheritdoc/>
    public void Add(ScheduledTrial trial) => _trials.Add(trial.Id, new MeasuredTrial(trial));

    /// <inheritdoc/>
    public IReadOnlyList<int> RungsOf(TrialId trial)
    {
        var steps = _trials[trial].Trial.Steps;
        return [.. Enumerable.Range(1, options.Checks - 1)
            .Select(check => (int)((long)steps * check / options.Checks))
            .Where(step => step > 0)
            .Distinct()];
    }

    /// <inheritdoc/>
    public void Measured(TrialId trial, int step, double value)
    {
        var own = _trials[trial];
        own.Measured(step, double.IsFinite(value) ? value : double.PositiveInfinity);
        if (step < options.MinSteps || step >= own.Trial.Steps)
            return;

        var averages = AveragesTo(own.Trial.Group, step);
        if (averages.Count >= options.MinTrials && own.Best > Median(averages))
            _pruned.Add(trial);
    }

    /// <inheritdoc/>
    public bool IsPruned(TrialId trial) => _pruned.Contains(trial);

    /// <inheritdoc/>
    public void Ended(TrialId trial, TrialState state)
    {
        if (state != TrialState.Completed)
            return;

        var own = _trials[trial];
        CompletedOf(own.Trial.Group).Add(own);
        foreach (var ((_, step), averages) in _averages.Where(table => table.Key.Group == own.Trial.Group))
            Insert(averages, own, step);
    }

    private List<MeasuredTrial> CompletedOf(int group)
    {
        if (!_completed.TryGetValue(group, out var completed))
            _completed.Add(group, completed = []);
        return completed;
    }

    /// <summary>The completed trials' averages up to a step, in ascending order; kept, since every trial is held against them.</summary>
    private SortedRuns<RungEntry> AveragesTo(int group, int step)
    {
        if (!_averages.TryGetValue((group, step), out var averages))
        {
            _averages.Add((group, step), averages = new());
            foreach (var completed in CompletedOf(group))
                Insert(averages, completed, step);
        }

        return averages;
    }

    private static void Insert(SortedRuns<RungEntry> averages, MeasuredTrial completed, int step)
    {
        if (completed.AverageTo(step) is { } average)
            averages.Add(new RungEntry(average, completed.Trial.Id));
    }

    private static double Median(SortedRuns<RungEntry> averages)
    {
        var upper = averages[averages.Count / 2].Value;
        return averages.Count % 2 == 1 ? upper : (averages[averages.Count / 2 - 1].Value + upper) / 2;
    }

    private sealed class MeasuredTrial(ScheduledTrial trial)
    {
        private readonly SortedList<int, double> _values = [];

        public ScheduledTrial Trial => trial;

        public double Best { get; private set; } = double.PositiveInfinity;

        public void Measured(int step, double value)
        {
            _values.TryAdd(step, value);
            Best = Math.Min(Best, value);
        }

        /// <summary>The average over steps 1 to <paramref name="step"/>; null where the trial has nothing to say about it.</summary>
        public double? AverageTo(int step)
        {
            if (step > trial.Steps)
                return null;

            var (sum, end) = (0.0, 0);
            foreach (var (at, value) in _values)
            {
                if (at > step)
                    break;
                sum += value * (at - end);
                end = at;
            }

            return end == 0 ? null : sum / end;
        }
    }
}

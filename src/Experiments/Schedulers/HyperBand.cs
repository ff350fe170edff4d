using System.ComponentModel;
using Experiments.Trials;

namespace Experiments.Schedulers;

/// <summary>
/// HyperBand (Li et al. 2018, arXiv 1603.06560): brackets of successive halving that trade the number of trials against how
/// early they are judged, from 81 trials judged four times to 5 that run to their end (R = 81, η = 3), and again from the
/// first. A device that would wait at a round's barrier begins the next bracket.
/// </summary>
/// <remarks>Trials of one group and one full resource share brackets. A failed trial counts as the worst of its round; a
/// bracket that gets no more trials is settled with those it has.</remarks>
[Scheduler("hyperband")]
[Description("Brackets that trade the number of trials against how early they are judged, round by round.")]
public sealed class HyperBand(HyperBand.Options options) : ITrialScheduler
{
    private readonly SortedDictionary<(int Group, int Steps), List<HyperBandBracket>> _brackets = [];
    private readonly Dictionary<TrialId, HyperBandTrial> _trials = [];

    /// <summary>What a sweep file can set.</summary>
    public sealed record Options : RungOptions;

    /// <inheritdoc/>
    public void Add(ScheduledTrial trial) => _trials.Add(trial.Id, new HyperBandTrial(trial.Group, trial.Steps));

    /// <inheritdoc/>
    public IReadOnlyList<int> RungsOf(TrialId trial) => Record(trial).Rungs;

    /// <inheritdoc/>
    public int? RestsAt(TrialId trial) =>
        _trials[trial].Bracket is { } bracket ? bracket.RestsAt(trial) : RungsOf(trial) is [var first, ..] ? first : null;

    /// <inheritdoc/>
    public void Started(TrialId trial)
    {
        var bracket = Open(_trials[trial]);
        var brackets = BracketsOf(_trials[trial]);
        if (brackets.Count == 0 || brackets[^1] != bracket)
            brackets.Add(bracket);
        bracket.Started(trial);
        _trials[trial] = _trials[trial] with { Bracket = bracket, Record = new RungRecord(bracket.Rungs) };
    }

    /// <inheritdoc/>
    public void Measured(TrialId trial, int step, double value) => Record(trial).Take(step, value);

    /// <inheritdoc/>
    public void Rested(TrialId trial, int step)
    {
        var record = Record(trial);
        record.Take(step, double.PositiveInfinity); // counts only where its report lacked the metric
        _trials[trial].Bracket!.Rested(trial, record[Array.IndexOf(record.Rungs, step)]);
    }

    /// <inheritdoc/>
    public TrialId? Promotion(bool last) => _brackets.Values
        .SelectMany(brackets => brackets)
        .Select(bracket => bracket.Promotion(last))
        .FirstOrDefault(promotion => promotion is not null);

    /// <inheritdoc/>
    public void Promoted(TrialId trial) => _trials[trial].Bracket!.Promoted(trial);

    /// <inheritdoc/>
    public void Ended(TrialId trial, TrialState state) => _trials[trial].Bracket?.Ended(trial);

    private List<HyperBandBracket> BracketsOf(HyperBandTrial trial)
    {
        if (!_brackets.TryGetValue((trial.Group, trial.Steps), out var brackets))
            _brackets.Add((trial.Group, trial.Steps), brackets = []);
        return brackets;
    }

    /// <summary>The bracket that the next trial starts in.</summary>
    private HyperBandBracket Open(HyperBandTrial trial)
    {
        var brackets = BracketsOf(trial);
        return brackets.Count > 0 && brackets[^1].IsOpen ? brackets[^1] : Bracket(trial.Steps, brackets.Count);
    }

    /// <summary>The n-th bracket: s goes from the number of rungs below R down to 0, and again; it takes in
    /// ⌈(S + 1) η^s / (s + 1)⌉ trials.</summary>
    private HyperBandBracket Bracket(int steps, int number)
    {
        var rungs = options.RungsOf(steps);
        var start = number % (rungs.Length + 1);
        var s = rungs.Length - start;
        var size = (rungs.Length + 1) * Math.Pow(options.ReductionFactor, s) / (s + 1);
        return new HyperBandBracket(rungs[start..], (int)Math.Min(Math.Ceiling(size), int.MaxValue), options.ReductionFactor);
    }

    private RungRecord Record(TrialId trial) => _trials[trial].Record ?? new RungRecord(Open(_trials[trial]).Rungs);

    private sealed record HyperBandTrial(int Group, int Steps)
    {
        public HyperBandBracket? Bracket { get; init; }

        public RungRecord? Record { get; init; }
    }
}

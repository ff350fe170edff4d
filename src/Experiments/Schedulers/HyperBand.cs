using System.ComponentModel;
using Experiments.Trials;

namespace Experiments.Schedulers;

/// <summary>
/// HyperBand (Li et al. 2018, arXiv 1603.06560): brackets of successive halving that trade the number of trials against how
/// early they are judged, from 81 trials judged four times to 5 that run to their end (R = 81, η = 3), and again from the
/// first. A device that would wait at a round's barrier begins the next bracket.
/// </summary>
/// <remarks>Trials of one group and one full resource share brackets. A failed trial counts as the worst of its round. One whose
/// configuration is rejected in its first round leaves its place to another: no value could have come of it. A bracket that gets
/// no more trials is settled with those it has.</remarks>
[Scheduler("hyperband")]
[Description("Brackets that trade the number of trials against how early they are judged, round by round.")]
public sealed class HyperBand(HyperBand.Options options) : ITrialScheduler
{
    private readonly SortedDictionary<(int Group, int Steps), Series> _series = [];
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
        var series = SeriesOf(_trials[trial]);
        if (!series.Live.Contains(bracket))
            series.Begin(bracket);
        bracket.Started(trial);
        _trials[trial] = _trials[trial] with { Bracket = bracket, Record = options.RecordAt(bracket.Rungs) };
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
    public TrialId? Promotion(bool last) => _series.Values
        .SelectMany(series => series.Live)
        .Select(bracket => bracket.Promotion(last))
        .FirstOrDefault(promotion => promotion is not null);

    /// <inheritdoc/>
    public void Promoted(TrialId trial)
    {
        _trials[trial].Bracket!.Promoted(trial);
        Forget(trial);
    }

    /// <inheritdoc/>
    public void Ended(TrialId trial, TrialState state)
    {
        _trials[trial].Bracket?.Ended(trial, isRejected: state == TrialState.Invalid);
        Forget(trial);
    }

    /// <summary>Lets a bracket go that promotes nobody any more, so that none is asked for ever.</summary>
    private void Forget(TrialId trial)
    {
        if (_trials[trial].Bracket is { IsOver: true } over)
            SeriesOf(_trials[trial]).Live.Remove(over);
    }

    private Series SeriesOf(HyperBandTrial trial)
    {
        if (!_series.TryGetValue((trial.Group, trial.Steps), out var series))
            _series.Add((trial.Group, trial.Steps), series = new Series());
        return series;
    }

    /// <summary>The bracket that the next trial starts in.</summary>
    private HyperBandBracket Open(HyperBandTrial trial)
    {
        var series = SeriesOf(trial);
        return series.Live.Find(bracket => bracket.IsOpen) ?? Bracket(trial.Steps, series.Begun);
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

    private RungRecord Record(TrialId trial) => _trials[trial].Record ?? options.RecordAt(Open(_trials[trial]).Rungs);

    /// <summary>The brackets of a group and a full resource, in turn.</summary>
    private sealed class Series
    {
        /// <summary>How many have begun.</summary>
        public int Begun { get; private set; }

        /// <summary>Those that may promote trials yet.</summary>
        public List<HyperBandBracket> Live { get; } = [];

        public void Begin(HyperBandBracket bracket)
        {
            Live.Add(bracket);
            Begun++;
        }
    }

    private sealed record HyperBandTrial(int Group, int Steps)
    {
        public HyperBandBracket? Bracket { get; init; }

        public RungRecord? Record { get; init; }
    }
}

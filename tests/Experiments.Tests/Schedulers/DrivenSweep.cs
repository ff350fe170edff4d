using Experiments.Schedulers;
using Experiments.Trials;
using Xunit;

namespace Experiments.Tests.Schedulers;

/// <summary>
/// A scheduler driven as the ledger drives it, over scripted trials. Holds what no scheduler may do: promote what does not rest,
/// promote from a rung twice, change where a lost attempt was to rest, take over what is gone or older.
/// </summary>
/// <param name="create">Makes the scheduler; once more for each replay.</param>
/// <param name="trials">Group and full steps of each trial.</param>
/// <param name="valueAt">What a trial is measured at a step; null where it fails there.</param>
internal sealed class DrivenSweep(
    Func<ITrialScheduler> create, IReadOnlyList<(int Group, int Steps)> trials, Func<int, int, double?> valueAt)
{
    private readonly ITrialScheduler _scheduler = create();
    private readonly List<Action<ITrialScheduler>> _told = [];
    private readonly Driven[] _all = [.. trials.Select((trial, number) => new Driven(new TrialId(number), trial.Group, trial.Steps))];
    private readonly List<Driven> _running = [];
    private readonly HashSet<(TrialId, int)> _promotions = [];
    private int _created;
    private int _begun;

    /// <summary>Every piece of work that a device was given: trial, and the step where it is to rest or end.</summary>
    public List<string> Trace { get; } = [];

    public IEnumerable<int> Completed => NumbersOf(TrialState.Completed);

    public IEnumerable<int> Pruned => NumbersOf(TrialState.Pruned);

    public bool HasEnded => Array.TrueForAll(_all, trial => trial.End is not null);

    /// <summary>All trials of one group and of so many steps, on one device, each of the same value wherever it is measured.</summary>
    public static DrivenSweep OnOneDevice(Func<ITrialScheduler> create, int steps, params double[] values)
    {
        var sweep = new DrivenSweep(create, [.. values.Select(_ => (0, steps))], (trial, _) => values[trial]);
        sweep.Run(devices: 1);
        return sweep;
    }

    /// <summary>Goes on to the end; each device trains on in turn.</summary>
    public void Run(int devices)
    {
        for (var turn = 0; !HasEnded; turn++)
            Happen(turn * 2 + 1, devices);
    }

    /// <summary>Free devices take what there is to do; then one that trains, by a number, reports its next measurement or is
    /// lost.</summary>
    public void Happen(int what, int devices)
    {
        while (_running.Count < devices && Take())
        {
        }

        if (_running.Count == 0)
        {
            foreach (var trial in _all.Where(trial => trial.IsResting && trial.End is null))
                End(trial, TrialState.Pruned);
            return;
        }

        var chosen = _running[what / 16 % _running.Count];
        if (what % 16 == 0)
            Lose(chosen);
        else
            Report(chosen);
    }

    /// <summary>Holds the scheduler against one that was told the same and asked nothing.</summary>
    public void CheckReplay()
    {
        var replayed = create();
        foreach (var tell in _told)
            tell(replayed);

        Assert.Equal(_scheduler.Exploitation(CheckpointOf), replayed.Exploitation(CheckpointOf));
        Assert.Equal(_scheduler.Promotion(last: false), replayed.Promotion(last: false));
        Assert.Equal(_scheduler.Promotion(last: true), replayed.Promotion(last: true));
        foreach (var trial in _all.Take(_created).Where(trial => trial.End is null))
        {
            Assert.Equal(_scheduler.RungsOf(trial.Id), replayed.RungsOf(trial.Id));
            Assert.Equal(_scheduler.RestsAt(trial.Id), replayed.RestsAt(trial.Id));
            Assert.Equal(_scheduler.IsPruned(trial.Id), replayed.IsPruned(trial.Id));
        }
    }

    private IEnumerable<int> NumbersOf(TrialState state) =>
        _all.Where(trial => trial.End == state).Select(trial => trial.Id.Number);

    private void Tell(Action<ITrialScheduler> tell)
    {
        _told.Add(tell);
        tell(_scheduler);
    }

    private bool Take()
    {
        // Half the trials are there from the start, the others come as they are asked for.
        for (; _created < Math.Max(_all.Length / 2, Math.Min(_begun + 1, _all.Length)); _created++)
        {
            var created = _all[_created];
            Tell(scheduler => scheduler.Add(new ScheduledTrial(created.Id, created.Group, created.Steps)));
        }

        var onlyRests = _running.Count == 0 && _begun == _all.Length;
        if (_scheduler.TrainsPopulations && _begun < _all.Length)
            return Begin();
        while (_scheduler.Exploitation(CheckpointOf) is { } exploit)
            Exploit(exploit);
        if (_scheduler.Promotion(onlyRests) is { } promoted)
        {
            var trial = _all[promoted.Number];
            Assert.True(trial.End is null && trial.IsResting, $"{promoted} does not rest.");
            Assert.True(_promotions.Add((promoted, trial.Step)), $"{promoted} was promoted from {trial.Step} before.");
            trial.IsResting = false;
            Tell(scheduler => scheduler.Promoted(promoted));
            Give(trial);
            return true;
        }

        return _begun < _all.Length && Begin();
    }

    private bool Begin()
    {
        var next = _all[_begun++];
        Tell(scheduler => scheduler.Started(next.Id));
        Give(next);
        return true;
    }

    private int? CheckpointOf(TrialId id) =>
        _all[id.Number] is { End: null or TrialState.Failed, Checkpoint: > 0 and var step } ? step : null;

    private void Exploit(Exploit exploit)
    {
        var (trial, donor) = (_all[exploit.Trial.Number], _all[exploit.Donor.Number]);
        Assert.True(trial.IsResting && trial.End is null, $"{exploit.Trial} does not rest.");
        Assert.True(
            donor.End is null && donor.Checkpoint >= trial.Step && donor.Group == trial.Group, $"{exploit} from {donor.Checkpoint}.");
        Trace.Add($"{trial.Id.Number}={donor.Id.Number}@{donor.Checkpoint}");
        var step = donor.Checkpoint;
        (trial.Step, trial.Checkpoint) = (step, step);
        Tell(scheduler => scheduler.Exploited(trial.Id, step, exploit.Configuration));
    }

    private void Give(Driven trial)
    {
        trial.RestsAt = _scheduler.RestsAt(trial.Id);
        Assert.True(trial.RestsAt is null || trial.RestsAt > trial.Step, $"{trial.Id} is at {trial.Step}, to rest at {trial.RestsAt}.");
        _running.Add(trial);
        Trace.Add($"{trial.Id.Number}>{trial.RestsAt ?? trial.Steps}");
    }

    private void Lose(Driven trial)
    {
        trial.Step = trial.Checkpoint;
        Assert.Equal(trial.RestsAt, _scheduler.RestsAt(trial.Id));
    }

    private void Report(Driven trial)
    {
        var step = _scheduler.RungsOf(trial.Id).Append(trial.Steps).First(rung => rung > trial.Step);
        trial.Step = step;
        if (valueAt(trial.Id.Number, step) is not { } value)
        {
            End(trial, TrialState.Failed);
            return;
        }

        if (trial.Measured.Add(step))
            Tell(scheduler => scheduler.Measured(trial.Id, step, value));
        if (step == trial.Steps)
        {
            End(trial, TrialState.Completed);
        }
        else if (_scheduler.IsPruned(trial.Id))
        {
            End(trial, TrialState.Pruned);
        }
        else if (step == trial.RestsAt)
        {
            (trial.IsResting, trial.Checkpoint) = (true, step);
            _running.Remove(trial);
            Tell(scheduler => scheduler.Rested(trial.Id, step));
        }
    }

    private void End(Driven trial, TrialState state)
    {
        trial.End = state;
        _running.Remove(trial);
        Tell(scheduler => scheduler.Ended(trial.Id, state));
    }

    private sealed class Driven(TrialId id, int group, int steps)
    {
        public TrialId Id => id;

        public int Group => group;

        public int Steps => steps;

        public int Step { get; set; }

        public int Checkpoint { get; set; }

        public int? RestsAt { get; set; }

        public bool IsResting { get; set; }

        public HashSet<int> Measured { get; } = [];

        public TrialState? End { get; set; }
    }
}

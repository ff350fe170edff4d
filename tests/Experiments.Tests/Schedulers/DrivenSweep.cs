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
/// <param name="seeds">How many trials in a row are of one configuration; the first says of which group and how long.</param>
/// <param name="every">Steps between measurements, as of a program that knows of no rungs; 0 to measure at the rungs.</param>
/// <param name="rejected">The trial whose configuration is rejected as soon as it begins; -1 for none.</param>
internal sealed class DrivenSweep(
    Func<ITrialScheduler> create, IReadOnlyList<(int Group, int Steps)> trials, Func<int, int, double?> valueAt, int seeds = 1,
    int every = 0, int rejected = -1)
{
    private readonly ITrialScheduler _scheduler = create();
    private readonly List<Action<ITrialScheduler>> _told = [];
    private readonly Driven[] _all =
    [
        .. trials.Select((_, number) => trials[number - number % seeds])
            .Select((trial, number) => new Driven(new TrialId(number), trial.Group, trial.Steps)),
    ];

    private readonly List<Driven> _running = [];
    private readonly HashSet<(TrialId, int)> _promotions = [];
    private int _created;

    /// <summary>Every piece of work that a device was given: trial, and the step where it is to rest or end.</summary>
    public List<string> Trace { get; } = [];

    public IEnumerable<int> Completed => NumbersOf(TrialState.Completed);

    public IEnumerable<int> Pruned => NumbersOf(TrialState.Pruned);

    /// <summary>Why a trial was pruned.</summary>
    public string? WhyPruned(int trial) => _all[trial].Why;

    public bool HasEnded => Array.TrueForAll(_all, trial => trial.End is not null);

    /// <summary>All trials of one group and of so many steps, on one device, each of the same value wherever it is measured.</summary>
    public static DrivenSweep OnOneDevice(Func<ITrialScheduler> create, int steps, params double[] values) =>
        OnOneDevice(create, steps, seeds: 1, values);

    /// <summary>The same with several trials in a row of one configuration.</summary>
    public static DrivenSweep OnOneDevice(Func<ITrialScheduler> create, int steps, int seeds, double[] values)
    {
        var sweep = new DrivenSweep(create, [.. values.Select(_ => (0, steps))], (trial, _) => values[trial], seeds);
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
            foreach (var trial in _all)
                Prune(trial);
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
        while (_created < _all.Length && (_created < _all.Length / 2 || _created % seeds > 0 || NextToBegin() is null))
        {
            var created = _all[_created];
            var trial = new ScheduledTrial(created.Id, created.Group, created.Steps) { Index = _created / seeds };
            created.IsResting = _scheduler.Holds(trial);
            Tell(scheduler => scheduler.Add(trial));
            _created++;
        }

        var onlyRests = _running.Count == 0 && _created == _all.Length && NextToBegin() is null;
        if (_scheduler.TrainsPopulations && NextToBegin() is { } member)
        {
            Begin(member);
            return true;
        }

        while (_scheduler.Exploitation(CheckpointOf) is { } exploit)
            Exploit(exploit);
        if (_scheduler.Promotion(onlyRests) is { } id)
        {
            var promoted = _all[id.Number];
            Assert.True(promoted.End is null && promoted.IsResting, $"{id} does not rest.");
            Assert.True(_promotions.Add((id, promoted.Step)), $"{id} was promoted from {promoted.Step} before.");
            promoted.IsResting = false;
            Tell(scheduler => scheduler.Promoted(id));
            Begin(promoted);
            return true;
        }

        if (NextToBegin() is not { } next)
            return false;
        Begin(next);
        return true;
    }

    private Driven? NextToBegin() =>
        _all.Take(_created).FirstOrDefault(trial => !trial.HasBegun && !trial.IsResting && trial.End is null);

    private void Begin(Driven trial)
    {
        if (!trial.HasBegun)
            Tell(scheduler => scheduler.Started(trial.Id));
        trial.HasBegun = true;
        Give(trial);
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
        (trial.Step, trial.Trained, trial.Checkpoint) = (step, donor.Trained, step);
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
        (trial.Step, trial.Trained) = (trial.Checkpoint, trial.Checkpoint);
        Assert.Equal(trial.RestsAt, _scheduler.RestsAt(trial.Id));
    }

    private void Report(Driven trial)
    {
        if (trial.Id.Number == rejected)
        {
            End(trial, TrialState.Invalid);
            return;
        }

        var step = every > 0
            ? Math.Min(trial.Steps, (trial.Trained / every + 1) * every)
            : _scheduler.RungsOf(trial.Id).Append(trial.Steps).First(rung => rung > trial.Step);
        (trial.Step, trial.Trained) = (step, step);
        if (valueAt(trial.Id.Number, step) is not { } value)
        {
            End(trial, TrialState.Failed);
            return;
        }

        if (trial.Measured.Add(step))
            Tell(scheduler => scheduler.Measured(trial.Id, step, value));
        if (step == trial.Steps && trial.RestsAt is null)
        {
            Tell(scheduler => scheduler.Finished(trial.Id, double.IsFinite(value) ? value : double.PositiveInfinity));
            End(trial, TrialState.Completed);
        }
        else if (_scheduler.IsPruned(trial.Id))
        {
            End(trial, TrialState.Pruned);
        }
        else if (step >= trial.RestsAt && trial.RestsAt is { } rung)
        {
            (trial.IsResting, trial.Step, trial.Checkpoint) = (true, rung, rung);
            _running.Remove(trial);
            Tell(scheduler => scheduler.Rested(trial.Id, rung));
        }
    }

    private void End(Driven trial, TrialState state)
    {
        trial.End = state;
        _running.Remove(trial);
        Tell(scheduler => scheduler.Ended(trial.Id, state));
        foreach (var closed in _scheduler.ClosedBy(trial.Id).ToList())
        {
            Assert.True(_all[closed.Number].End is not null || _scheduler.IsPruned(closed), $"{closed} is closed and not pruned.");
            Prune(_all[closed.Number]);
        }
    }

    private void Prune(Driven trial)
    {
        if (!trial.IsResting || trial.End is not null)
            return;
        trial.Why = _scheduler.WhyPruned(trial.Id);
        End(trial, TrialState.Pruned);
    }

    private sealed class Driven(TrialId id, int group, int steps)
    {
        public TrialId Id => id;

        public int Group => group;

        public int Steps => steps;

        public int Step { get; set; }

        /// <summary>How far it really is: a checkpoint may be of a later step than the rung that it counts for.</summary>
        public int Trained { get; set; }

        public int Checkpoint { get; set; }

        public int? RestsAt { get; set; }

        public bool IsResting { get; set; }

        public bool HasBegun { get; set; }

        public string? Why { get; set; }

        public HashSet<int> Measured { get; } = [];

        public TrialState? End { get; set; }
    }
}

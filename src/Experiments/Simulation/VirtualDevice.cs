using System.Collections.Immutable;
using System.Globalization;
using Experiments.Samplers;
using Experiments.Trials;

namespace Experiments.Simulation;

/// <summary>
/// A device with the worker that it has at the time. It trains from one step at which something is to be told to the next, keeps
/// what is not acknowledged, and begins anew when its worker is lost.
/// </summary>
internal sealed class VirtualDevice(int index, VirtualCluster cluster, ITrialModel model, VirtualTime time, Action<LedgerInput> hear)
{
    private const string Node = "virtual";

    private static readonly ImmutableSortedDictionary<string, double> _none =
        ImmutableSortedDictionary.Create<string, double>(StringComparer.Ordinal);

    private readonly List<Report> _outbox = [];
    private readonly KeyedStream _losses = new(cluster.Seed, (ulong)index, "loss");
    private readonly KeyedStream _lostReports = new(cluster.Seed, (ulong)index, "report");
    private Assignment? _assignment;
    private TimeSpan _busy; // up to _reached
    private TimeSpan _began;
    private TimeSpan _stepTime;
    private TimeSpan _reached; // when it came to the step where it is
    private int _step;
    private int _saved; // the step from which it would go on
    private int _steps;
    private int? _failsAt;
    private bool _hasEnded;
    private long _acknowledged;
    private long _plans; // grows when what was planned for the attempt is void
    private ulong _sent;

    public int Index => index;

    public WorkerInfo Worker { get; private set; } = new("", "", "");

    /// <summary>Steps that it trained; a preparation has none.</summary>
    public long Steps { get; private set; }

    /// <summary>Steps that it trained and lost.</summary>
    public long UndoneSteps { get; private set; }

    /// <summary>Time in which it trained.</summary>
    public TimeSpan Busy => _busy + (IsTraining ? time.Now - _reached : TimeSpan.Zero);

    /// <summary>How many workers it lost.</summary>
    public int Losses { get; private set; }

    private bool IsTraining => _assignment is not null && !_hasEnded;

    public static int IndexOf(string worker) =>
        int.Parse(worker.AsSpan(0, worker.IndexOf('.', StringComparison.Ordinal)), CultureInfo.InvariantCulture);

    /// <summary>A worker is there.</summary>
    public void Appear()
    {
        Worker = new WorkerInfo(string.Create(CultureInfo.InvariantCulture, $"{index}.{Losses}"), $"gpu:{index}", Node);
        Tell(new LedgerInput.WorkerReady(Worker));
        if (cluster.LossesPerDay > 0)
            time.After(TimeSpan.FromDays(-Math.Log(1 - _losses.Real((ulong)Losses)) / cluster.LossesPerDay), index, Lose);
    }

    public void Assign(Assignment assignment)
    {
        if (_assignment?.Attempt == assignment.Attempt)
            return; // told twice

        (_assignment, _step, _began, _reached) = (assignment, assignment.ResumeFrom?.Step ?? 0, time.Now, time.Now);
        (_steps, _stepTime) = (model.Steps(assignment.Work), model.StepTime(assignment.Work));
        _failsAt = FailsAt(assignment.Attempt.Trial);
        (_hasEnded, _acknowledged, _saved) = (false, 0, _step);
        _outbox.Clear();
        Report(new Report.Started(1, _step));
        if (_step > 0)
            Reach(); // lost where it had saved, before it could say so
        Train();
    }

    public void Acknowledge(AttemptId attempt, long sequence)
    {
        if (attempt != _assignment?.Attempt)
            return;
        _acknowledged = Math.Max(_acknowledged, sequence);
        if (_hasEnded && _acknowledged >= _outbox.Count)
            Leave();
    }

    public void Resend(AttemptId attempt, long from)
    {
        if (attempt != _assignment?.Attempt)
            return;
        for (var sequence = from; sequence <= _outbox.Count; sequence++)
            Send(sequence);
    }

    /// <summary>The attempt is not to go on, and nothing of it is wanted.</summary>
    public void Drop(AttemptId attempt)
    {
        if (attempt != _assignment?.Attempt)
            return;
        Halt();
        Leave();
    }

    /// <summary>The attempt is to save and end.</summary>
    public void Pause(AttemptId attempt)
    {
        if (attempt != _assignment?.Attempt || _hasEnded)
            return;
        Halt();
        Save();
        End(new AttemptOutcome.Paused(_step));
    }

    private void Lose()
    {
        var lost = Worker.Id;
        Halt();
        UndoneSteps += IsTraining ? _step - _saved : 0;
        _assignment = null;
        Losses++;
        time.After(cluster.Latency + cluster.Detection, index, () => hear(new LedgerInput.WorkerLost(lost, "It was lost.")));
        time.After(cluster.Restart, index, Appear);
        Worker = Worker with { Id = "" };
    }

    /// <summary>Trains on to the next step at which something is to be told.</summary>
    private void Train()
    {
        if (!IsTraining)
            return;
        var (next, plan) = (NextStop(), _plans);
        time.After((next - _step) * _stepTime, index, () =>
        {
            if (plan != _plans)
                return;
            Advance(next - _step);
            Reach();
            Train();
        });
    }

    private int NextStop()
    {
        var next = _steps;
        foreach (var step in _assignment!.MeasureAt)
        {
            if (step > _step)
            {
                next = Math.Min(next, step);
                break;
            }
        }

        if (_assignment.RestAt > _step)
            next = Math.Min(next, _assignment.RestAt.Value);
        if (_failsAt > _step)
            next = Math.Min(next, _failsAt.Value);
        if (cluster.ReportEvery is { } report)
            next = Math.Min(next, _step - _step % report + report);
        if (cluster.CheckpointEvery is { } checkpoint)
            next = Math.Min(next, _step - _step % checkpoint + checkpoint);
        return next;
    }

    /// <summary>Tells what there is to tell about the step where it is.</summary>
    private void Reach()
    {
        var train = _assignment!.Work as TrialWork.Train;
        if (_step == _failsAt)
        {
            End(new AttemptOutcome.Failed(FailureCause.Error, "It fails.", _step));
            return;
        }

        if (train is not null && _step % cluster.ReportEvery == 0)
            Report(new Report.Measured(_step, _none.Add("loss", model.Value(_assignment.Attempt.Trial, train, _step))));
        if (train is not null && (_step == _steps || _assignment.MeasureAt.Contains(_step)))
            Report(new Report.Measured(_step, Metrics(train)));
        if (_step == _assignment.RestAt)
        {
            Save();
            End(new AttemptOutcome.Rested(_step));
        }
        else if (_step == _steps)
        {
            End(new AttemptOutcome.Finished(new TrialResult
            {
                Metrics = train is null ? _none : Metrics(train),
                Steps = _steps,
                Artefact = _assignment.Attempt.Trial.ToString(),
            }));
        }
        else if (_step % cluster.CheckpointEvery == 0)
        {
            Save();
        }
    }

    private ImmutableSortedDictionary<string, double> Metrics(TrialWork.Train train) =>
        _none.Add($"validation_{_assignment!.Block!.Metric}", model.Value(_assignment.Attempt.Trial, train, _step));

    private void Save()
    {
        _saved = _step;
        Report(new Report.Saved(_step, $"{_assignment!.Attempt}-{_step}", 0));
    }

    private void End(AttemptOutcome outcome)
    {
        _hasEnded = true;
        Report(new Report.Ended(outcome, time.Now - _began));
    }

    private void Report(Report report)
    {
        _outbox.Add(report);
        Send(_outbox.Count);
    }

    private void Send(long sequence)
    {
        var attempt = _assignment!.Attempt;
        if (cluster.LostReports == 0 || _lostReports.Real(_sent++) >= cluster.LostReports)
            Tell(new LedgerInput.Reported(Worker.Id, attempt, sequence, _outbox[(int)sequence - 1]));
        else
            time.After(cluster.Patience, index, () => Resend(attempt, _acknowledged + 1));
    }

    private void Tell(LedgerInput input) => time.After(cluster.Latency, index, () => hear(input));

    /// <summary>Stops in the middle of what it does.</summary>
    private void Halt()
    {
        _plans++;
        if (IsTraining)
            Advance(_stepTime == TimeSpan.Zero ? 0 : (int)((time.Now - _reached) / _stepTime));
    }

    private void Leave()
    {
        _assignment = null;
        Tell(new LedgerInput.WorkerReady(Worker));
    }

    private void Advance(int steps)
    {
        _busy += time.Now - _reached;
        Steps += _assignment!.Work is TrialWork.Train ? steps : 0;
        _step += steps;
        _reached = time.Now;
    }

    private int? FailsAt(TrialId trial)
    {
        if (cluster.Failures == 0)
            return null;
        var fate = new KeyedStream(cluster.Seed, (ulong)trial.Number, "failure");
        return fate.Real(0) < cluster.Failures ? 1 + (int)fate.Below(_steps, 1) : null;
    }
}

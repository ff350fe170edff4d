using Experiments.Trials;

namespace Experiments.Tests.Trials;

/// <summary>
/// A worker that trains a made-up function: the same trial gives the same values at the same steps whoever trains it and
/// wherever it resumes. It keeps what is not acknowledged, stops when it is fenced, and survives its coordinator.
/// </summary>
internal sealed class SimulatedWorker(WorkerInfo info)
{
    public const int Steps = 6;
    private const int CheckpointEvery = 2;
    private const int Diverges = 3;

    private readonly List<Report> _outbox = [];
    private Assignment? _assignment;
    private int _step;
    private long _acknowledged;

    public WorkerInfo Info { get; } = info;

    public AttemptId? Attempt { get; private set; }

    /// <summary>Every checkpoint that it ever wrote.</summary>
    public List<string> Written { get; } = [];

    /// <summary>How many of its reports are not acknowledged.</summary>
    public int Unacknowledged => Attempt is null ? 0 : (int)(_outbox.Count - _acknowledged);

    private bool HasEnded => _outbox.Count > 0 && _outbox[^1] is Report.Ended;

    public static double Loss(TrialId trial, int step) => (trial.Number * 31 + step * 7) % 13 / 13.0;

    public static TrialResult Result(TrialId trial) => new()
    {
        Metrics = SweepExample.Values(("validation_dice", Loss(trial, Steps))),
        Steps = Steps,
        Artefact = $"artefacts/{trial}",
    };

    public void Assign(Assignment assignment)
    {
        if (Attempt == assignment.Attempt)
            return; // told twice
        if (Attempt is not null)
            throw new InvalidOperationException($"{Info.Id} works on {Attempt} and is given {assignment.Attempt}.");

        (Attempt, _assignment, _step, _acknowledged) = (assignment.Attempt, assignment, assignment.ResumeFrom?.Step ?? 0, 0);
        _outbox.Clear();
        _outbox.Add(new Report.Started(1, _step));
        if (_step > 0)
            ReachRung(); // resumed from the checkpoint of a rung
    }

    /// <summary>Trains a step.</summary>
    public void Train()
    {
        if (Attempt is not { } attempt || HasEnded)
            return;

        if (_step == Steps)
        {
            End(new AttemptOutcome.Finished(Result(attempt.Trial))); // resumed from its very last checkpoint
            return;
        }

        _step++;
        if (_assignment!.Work is TrialWork.Train { Configuration.Values: var values }
            && values["rank"].ToString() == "13" && _step == Diverges)
        {
            End(new AttemptOutcome.Failed(FailureCause.Nan, $"not finite at step {_step}", _step));
            return;
        }

        _outbox.Add(new Report.Measured(_step, SweepExample.Values(("loss", Loss(attempt.Trial, _step)), ("step", _step))));
        if (_step % CheckpointEvery == 0)
            Save();
        ReachRung();
        if (_step == Steps)
            End(new AttemptOutcome.Finished(Result(attempt.Trial)));
    }

    private void ReachRung()
    {
        if (_assignment!.MeasureAt.Contains(_step))
            _outbox.Add(new Report.Measured(_step, SweepExample.Values(("validation_dice", Loss(_assignment.Attempt.Trial, _step)))));
        if (_assignment.RestAt != _step)
            return;

        Save();
        End(new AttemptOutcome.Rested(_step));
    }

    /// <summary>What it tells a coordinator that it meets.</summary>
    public LedgerInput Hello() =>
        Attempt is { } attempt ? new LedgerInput.WorkerBusy(Info, attempt) : new LedgerInput.WorkerReady(Info);

    /// <summary>A report, counted from the oldest that is not acknowledged; negative ones are acknowledged already.</summary>
    public LedgerInput.Reported? Send(int offset)
    {
        var index = _acknowledged + offset;
        return Attempt is { } attempt && index >= 0 && index < _outbox.Count
            ? new LedgerInput.Reported(Info.Id, attempt, index + 1, _outbox[(int)index])
            : null;
    }

    public void Acknowledge(AttemptId attempt, long sequence)
    {
        if (attempt != Attempt)
            return;
        _acknowledged = Math.Max(_acknowledged, sequence);
        if (HasEnded && _acknowledged >= _outbox.Count)
            Attempt = null;
    }

    public void Fence(AttemptId attempt)
    {
        if (attempt == Attempt)
            Attempt = null;
    }

    public void Stop(AttemptId attempt, bool save)
    {
        if (attempt != Attempt || HasEnded)
            return;
        if (!save)
        {
            Attempt = null;
            return;
        }

        Save();
        End(new AttemptOutcome.Paused(_step));
    }

    private void Save()
    {
        var folder = $"{Attempt}-{_step}";
        Written.Add(folder);
        _outbox.Add(new Report.Saved(_step, folder, 10));
    }

    private void End(AttemptOutcome outcome) => _outbox.Add(new Report.Ended(outcome, TimeSpan.FromSeconds(_step)));
}

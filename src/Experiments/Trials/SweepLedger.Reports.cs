using System.Diagnostics;

namespace Experiments.Trials;

/// <content>What workers report, and what of it is recorded.</content>
public sealed partial class SweepLedger
{
    private void Receive(LedgerInput.Reported report)
    {
        var (worker, attempt, sequence) = (report.Worker, report.Attempt, report.Sequence);
        var trial = _state.Find(attempt.Trial);
        if (trial?.EndOf(attempt.Number) is { } last && sequence <= last)
        {
            _effects.Add(new LedgerEffect.Acknowledge(worker, attempt, last));
        }
        else if (trial?.IsHeldBy(worker, attempt) != true)
        {
            if (trial is not null && attempt.Number <= trial.Attempt)
                Reject(trial, report, RejectionReason.Fenced, $"{attempt} is over, or another worker has it.");
            _effects.Add(new LedgerEffect.Fence(worker, attempt));
        }
        else if (sequence > trial.Sequence + 1)
        {
            _effects.Add(new LedgerEffect.Resend(worker, attempt, trial.Sequence + 1));
        }
        else
        {
            if (sequence == trial.Sequence + 1)
                Take(trial, report);
            _effects.Add(new LedgerEffect.Acknowledge(worker, attempt, trial.Sequence));
        }
    }

    /// <summary>Records the next report of the attempt that holds the trial. Each leaves an event with its number, so that what
    /// was acknowledged is known after a restart too.</summary>
    private void Take(Trial trial, LedgerInput.Reported reported)
    {
        var (attempt, sequence) = (reported.Attempt, reported.Sequence);
        switch (reported.Report)
        {
            case Report.Started when trial.State == TrialState.Running:
                Reject(trial, reported, RejectionReason.OutOfOrder, "It has started already.");
                break;
            case Report.Started started:
                var unusable = trial.Checkpoint;
                Record(new SweepEvent.AttemptStarted(attempt, sequence, started.ProcessId, started.FromStep, started.Warning));
                Delete(unusable, trial.Checkpoint);
                break;
            case Report.Measured measured:
                var fresh = trial.Values.New(measured.Step, measured.Values, out var contradiction);
                Record(new SweepEvent.MetricReported(attempt, sequence, measured.Step, fresh));
                if (contradiction is not null && measured.Step > trial.TakenOverAt)
                    Reject(trial, reported, RejectionReason.Nondeterminism, contradiction);
                break;
            case Report.Saved saved when saved.Step < trial.Checkpoint?.Step:
                Reject(trial, reported, RejectionReason.OutOfOrder,
                    $"A checkpoint of step {saved.Step} comes after that of step {trial.Checkpoint.Step}.");
                break;
            case Report.Saved saved:
                var superseded = trial.Checkpoint;
                Record(new SweepEvent.CheckpointSaved(attempt, sequence, saved.Step, saved.Folder, saved.Bytes));
                Delete(superseded, trial.Checkpoint);
                break;
            case Report.Ended { Outcome: AttemptOutcome.Rested rested } when !trial.CanRestAt(rested.Step):
                Close(trial, FailureCause.Error, $"It rests at step {rested.Step} without a checkpoint of that step.");
                break;
            case Report.Ended ended:
                Record(new SweepEvent.AttemptEnded(attempt, sequence, ended.Outcome, ended.Elapsed));
                if (trial.NeedsRoom)
                    Hold($"{trial.Id} finds the disk full: {((AttemptOutcome.Failed)ended.Outcome).Message}");
                break;
            default:
                throw new UnreachableException();
        }
    }

    /// <summary>Out-of-order reports are next in number and so must leave an event; of the others one an attempt says enough.</summary>
    private void Reject(Trial trial, LedgerInput.Reported reported, RejectionReason reason, string detail)
    {
        if (reason == RejectionReason.OutOfOrder || !trial.HasRejected(reported.Attempt.Number, reason))
            Record(new SweepEvent.ReportRejected(reported.Attempt, reported.Sequence, reason, detail));
    }
}

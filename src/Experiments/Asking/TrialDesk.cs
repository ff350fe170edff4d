using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Experiments.Asking;

/// <summary>
/// Where programs that nobody here runs ask for trials and tell of them. To the ledger an asker is a worker: the desk puts what
/// is asked and told as inputs of the ledger, numbers the reports, and says what the ledger made of them. It answers before
/// anything is recorded: the caller hands the answer on when the events that came with it are durable.
/// </summary>
/// <param name="ledger">The sweep's ledger, started before anything is asked.</param>
/// <param name="checkpointsOf">Folder for the checkpoints of an attempt, relative to the data folder: that of its whole trial or, with a
/// step, one for that step alone.</param>
public sealed class TrialDesk(SweepLedger ledger, Func<AttemptId, int?, string> checkpointsOf)
{
    private readonly AskerLeases _leases = new();

    /// <summary>Takes in what was recorded, of earlier runs too, in order.</summary>
    public void Apply(RecordedEvent recorded) => _leases.Apply(recorded);

    /// <summary>Takes trials back from askers that were silent too long.</summary>
    public LedgerStep Expire(DateTimeOffset now) => LedgerStep.Joined(_leases.Expired(now).Select(asker =>
        ledger.Handle(new LedgerInput.WorkerLost(asker.Worker, $"Nothing was told of it for {asker.Length}."))));

    /// <summary>Gives a trial to somebody who asks for one.</summary>
    /// <exception cref="RefusedException">When the request cannot be taken; nothing has changed then.</exception>
    public (LedgerStep Step, AskAnswer Answer) Ask(AskRequest request, DateTimeOffset now)
    {
        Check(request.Sweep);
        if (request.Lease <= TimeSpan.Zero)
            throw Bad($"A lease must be longer than {request.Lease}.");
        if (request.Asker.Length == 0)
            throw Bad("The name of an asker cannot be empty.");

        var worker = new WorkerInfo(request.Asker, ExternalSpec.Name, request.Node, request.Lease);
        List<LedgerStep> steps = [Expire(now), Answered(ledger.Handle(new LedgerInput.WorkerReady(worker)))];
        if (steps[1].Effects.OfType<LedgerEffect.Assign>().FirstOrDefault(effect => effect.Worker == worker.Id) is { } assign)
            return (LedgerStep.Joined(steps), Work(request, assign.Assignment, now + request.Lease));

        steps.Add(ledger.Handle(new LedgerInput.WorkerLost(worker.Id, "It does not wait."))); // who asks in vain has gone
        return (LedgerStep.Joined(steps), Nothing());
    }

    /// <summary>Asks samplers here and now what a decision asks of them: whoever wants a trial waits for their answer.</summary>
    public LedgerStep Answered(LedgerStep step)
    {
        var questions = step.Effects.OfType<LedgerEffect.Suggest>().ToList();
        return questions.Count == 0 ? step : LedgerStep.Joined(
        [
            new LedgerStep(step.Events, [.. step.Effects.Except(questions)]),
            .. questions.Select(asked => Answered(ledger.Handle(asked.Question.Answer()))),
        ]);
    }

    /// <summary>Takes in what somebody tells of a trial.</summary>
    /// <exception cref="RefusedException">When the request cannot be taken; nothing has changed then.</exception>
    public (LedgerStep Step, TellAnswer Answer) Tell(TellRequest request, DateTimeOffset now)
    {
        Check(request.Sweep);
        var trial = Find(request.Trial);
        var attempt = AttemptOf(request, trial);
        if (trial.Lease is not { } lease || lease.Attempt != attempt)
            return (TooLate(request, trial, attempt), WhatNow(trial, attempt, now, warning: null));

        var assignment = ledger.AssignmentOf(trial);
        var told = new ToldWork(request, trial, BlockOf(trial), assignment, CheckpointsOf(assignment));
        if (told.Mistake is { } mistake)
            throw Bad(mistake);

        var steps = new List<LedgerStep>();
        foreach (var report in told.Reports(now - _leases.Since(attempt) ?? TimeSpan.Zero))
        {
            steps.Add(ledger.Handle(new LedgerInput.Reported(lease.Worker.Id, attempt, trial.Sequence + 1, report)));
            if (!trial.IsHeldBy(lease.Worker.Id, attempt))
                break; // the trial was pruned by what was told first
        }

        var step = LedgerStep.Joined(steps);
        var contradiction = step.Events.OfType<SweepEvent.ReportRejected>().FirstOrDefault();
        return (step, WhatNow(trial, attempt, now, contradiction?.Detail));
    }

    private AskAnswer Work(AskRequest request, Assignment assignment, DateTimeOffset until)
    {
        var train = (TrialWork.Train)assignment.Work;
        var runTo = assignment.RunTo;
        return new AskAnswer
        {
            Sweep = request.Sweep,
            Answer = AskVerdict.Work,
            Trial = assignment.Attempt.Trial,
            Attempt = assignment.Attempt,
            Entry = train.Entry,
            Parameters = train.Configuration,
            Seed = train.Replicate,
            FromStep = assignment.ResumeFrom?.Step ?? 0,
            RunTo = runTo,
            ReportAt = [.. assignment.MeasureAt.Where(step => runTo is null || step <= runTo)],
            Checkpoints = CheckpointsOf(assignment),
            ResumeFrom = assignment.ResumeFrom?.Folder,
            LeaseUntil = until,
        };
    }

    /// <summary>Attempts of a trial share a folder. Where others may go on from what is told, each has one of its own, which stays as it
    /// was told.</summary>
    private string CheckpointsOf(Assignment assignment) =>
        checkpointsOf(assignment.Attempt, assignment.KeepsCopies ? assignment.RunTo : null);

    private AskAnswer Nothing()
    {
        var held = ledger.State.Leased.Count;
        return new AskAnswer
        {
            Sweep = ledger.Spec.Name,
            Answer = ledger.Ended is null ? AskVerdict.Wait : AskVerdict.Done,
            Reason = ledger.Ended is { } end ? $"the sweep has ended: {end}"
                : ledger.Paused is { } pause ? $"the sweep is paused: {pause}"
                : held == 1 ? "the last trial is with another asker"
                : $"{held} trials are with other askers, and no other can start",
        };
    }

    /// <summary>What somebody says of an attempt that is over. It may be his last word once more, whose answer he missed.</summary>
    private LedgerStep TooLate(TellRequest request, Trial trial, AttemptId attempt) => ledger.Handle(new LedgerInput.Reported(
        ExternalSpec.Name, attempt, trial.EndOf(attempt.Number) ?? trial.Sequence + 1,
        new Report.Measured(request.Step ?? trial.Step, request.Values)));

    private TellAnswer WhatNow(Trial trial, AttemptId attempt, DateTimeOffset now, string? warning)
    {
        var holds = trial.Lease is { } lease && lease.Attempt == attempt;
        var (verdict, reason) = holds ? WhileHeld(trial) : Afterwards(trial, attempt);
        return new TellAnswer
        {
            Sweep = ledger.Spec.Name,
            Trial = trial.Id,
            Attempt = attempt,
            Answer = verdict,
            Reason = reason,
            Warning = warning,
            LeaseUntil = holds ? now + trial.Lease!.Worker.Lease : null,
        };
    }

    private (TellVerdict, string?) WhileHeld(Trial trial) =>
        ledger.AssignmentOf(trial).RestAt is { } rung && trial.Step >= rung && trial.MeasuredAt.Any(step => step >= rung)
            ? (TellVerdict.Rest, $"it rests at step {rung}: save, and tell that it is done")
            : (TellVerdict.GoOn, null);

    private static (TellVerdict, string?) Afterwards(Trial trial, AttemptId attempt)
    {
        var isNewest = trial.Attempt == attempt.Number;
        return trial.Phase switch
        {
            TrialPhase.Resting when isNewest => (TellVerdict.Rest, new WaitReason.Resting(trial.Checkpoint!.Step).ToString()),
            TrialPhase.Ended { Conclusion: var end } when isNewest => (TellVerdict.Stop,
                $"{trial.Id} is {end.State.ToString().ToLowerInvariant()}{(end.Message is { } why ? $": {why}" : "")}"),
            _ when trial.EndOf(attempt.Number) is not null => (TellVerdict.Stop, $"{attempt} is over, by its own word"),
            _ when isNewest => (TellVerdict.Fenced, $"{attempt} was silent too long; {trial.Id} is given to whoever asks next"),
            _ => (TellVerdict.Fenced, $"{attempt} was silent too long; {trial.Id} was given to another"),
        };
    }

    /// <exception cref="RefusedException">When it is another sweep, or one whose trials workers of ours take.</exception>
    private void Check(string sweep)
    {
        if (sweep != ledger.Spec.Name)
        {
            throw new RefusedException(
                RefusalKind.Conflict, $"The store is held by the run of '{ledger.Spec.Name}', which is not '{sweep}'.");
        }

        if (!ledger.Spec.IsExternal)
        {
            throw new RefusedException(RefusalKind.Conflict,
                $"Sweep '{ledger.Spec.Name}' is run by workers; only one with 'workload: external' is asked for trials.");
        }
    }

    private Trial Find(TrialId id)
    {
        var count = ledger.State.Trials.Count;
        return ledger.State.Find(id) ?? throw Unknown($"Sweep '{ledger.Spec.Name}' has no trial {id}"
            + (count == 0 ? " yet." : $"; it has t0 to t{count - 1}."));
    }

    /// <summary>The attempt that is meant. One need not be named while there is only one: afterwards a word of whoever lost the trial
    /// would count as one of whoever has it.</summary>
    private static AttemptId AttemptOf(TellRequest request, Trial trial) => request.Attempt switch
    {
        null when trial.Attempt == 0 => throw Unknown($"{trial.Id} was given to nobody yet."),
        null when trial.Attempt == 1 => new AttemptId(trial.Id, 1),
        null => throw Bad($"{trial.Id} is at attempt {trial.Attempt}: say which was given to you, for example {trial.Id}.{trial.Attempt}."),
        { } number when number >= 1 && number <= trial.Attempt => new AttemptId(trial.Id, number),
        { } number => throw Unknown($"{trial.Id} has no attempt {number}; "
            + (trial.Attempt == 0 ? "it was given to nobody yet." : $"its newest is {trial.Id}.{trial.Attempt}.")),
    };

    private TaskBlock BlockOf(Trial trial) => ledger.Spec.Tasks[((TrialWork.Train)trial.Work).Block];

    private static RefusedException Bad(string message) => new(RefusalKind.BadInput, message);

    private static RefusedException Unknown(string message) => new(RefusalKind.Unknown, message);
}

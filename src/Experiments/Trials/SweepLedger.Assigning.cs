using Experiments.Schedulers;

namespace Experiments.Trials;

/// <content>Which trial a free worker gets.</content>
public sealed partial class SweepLedger
{
    /// <summary>Gives the next trial to the worker that has been idle longest; says whether there was such a pair.</summary>
    private bool Serve()
    {
        if (_idle.Count == 0 || _state.Pause is not null)
            return false;
        if ((_scheduler.TrainsPopulations ? NextReady() ?? Promote() : Promote() ?? NextReady()) is not { } next)
            return false;

        var worker = _idle.GetAt(0).Value;
        _idle.RemoveAt(0);
        var trial = _state.Find(next)!;
        Record(new SweepEvent.TrialLeased(
            new AttemptId(next, trial.Attempt + 1), worker.Id, worker.Device, worker.Node, worker.Lease));
        Assign(trial);
        return true;
    }

    private TrialId? Promote()
    {
        while (_scheduler.Exploitation(_state.CheckpointStepOf) is { } exploit)
            Exploit(exploit);
        while (_scheduler.Promotion(_state.OnlyRests) is { } promoted)
        {
            Record(new SweepEvent.TrialPromoted(promoted));
            if (_state.Find(promoted)!.IsReady)
                return promoted; // one that has not begun may still need others
        }

        return null;
    }

    private void Exploit(Exploit exploit)
    {
        var (trial, donor) = (_state.Find(exploit.Trial)!, _state.Find(exploit.Donor)!);
        var (own, lent) = (trial.Checkpoint, donor.Checkpoint!);
        var taken = lent with { Owner = lent.Owner ?? donor.Id };
        Record(new SweepEvent.TrialExploited(trial.Id, donor.Id, taken, exploit.Configuration));
        Delete(own, taken);
    }

    private TrialId? NextReady()
    {
        if (_planner.IsLazy && _state.Pending == 0)
        {
            if (_planner.Asks)
                Ask();
            else
                Plan(draw: true, atMost: Spec.Seeds.Count);
        }

        return _state.Ready.Count > 0 ? _scheduler.Next(_state.Ready) : null;
    }

    /// <summary>Creates trials that are missing.</summary>
    private void Plan(bool draw, int atMost = int.MaxValue)
    {
        for (; atMost > 0 && _planner.Next(new TrialId(_state.Trials.Count), draw) is { } created; atMost--)
        {
            var scheduled = _planner.Scheduled(created.Trial, created.Work);
            Record(created with { Held = scheduled is not null && _scheduler.Holds(scheduled) });
        }
    }

    private void Assign(Trial trial)
    {
        var lease = trial.Lease!;
        _effects.Add(new LedgerEffect.Assign(lease.Worker.Id, AssignmentOf(trial)));
        if (_state.Pause?.StopRunning == true)
            _effects.Add(new LedgerEffect.Stop(lease.Worker.Id, lease.Attempt, Save: true));
    }
}

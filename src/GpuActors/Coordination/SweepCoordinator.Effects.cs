using System.Diagnostics;
using Akka.Actor;
using Experiments.Trials;
using static GpuActors.Protocol.WorkerProtocol;

namespace GpuActors.Coordination;

/// <content>What follows from a decision that is on disk.</content>
internal sealed partial class SweepCoordinator
{
    private void CarryOut(Decision decision)
    {
        foreach (var recorded in decision.Events)
            _settings.Notices.TryWrite(new SweepNotice.Recorded(recorded, Live: true));

        foreach (var effect in decision.Effects)
            CarryOut(effect);
        decision.Then?.Invoke();
        _recorded.Settle(decision);
        if (decision.More)
            return;

        _workers.Flush();
        LookForQuiet();
    }

    private void CarryOut(LedgerEffect effect)
    {
        var term = _store.Term;
        switch (effect)
        {
            case LedgerEffect.Assign assign: _workers.Tell(assign.Worker, new Assign(term, assign.Assignment)); break;
            case LedgerEffect.Acknowledge ack:
                _workers.Acknowledge(ack.Worker, new Acknowledge(term, OnTheWire(ack.Attempt), ack.Sequence));
                break;
            case LedgerEffect.Resend resend: _workers.Tell(resend.Worker, new Resend(term, OnTheWire(resend.Attempt), resend.From)); break;
            case LedgerEffect.Fence fence: _workers.Tell(fence.Worker, new Fence(term, OnTheWire(fence.Attempt))); break;
            case LedgerEffect.Stop stop:
                var order = new Stop(term, OnTheWire(stop.Attempt), stop.Save);
                if (_workers.Find(stop.Worker) is { } link && link.Holds == stop.Attempt)
                    link.Stopping = order; // said again until the attempt is over
                _workers.Tell(stop.Worker, order);
                break;
            case LedgerEffect.DeleteCheckpoints delete: _settings.DeleteCheckpoints(delete.Folders); break;
            case LedgerEffect.DeleteTrialCheckpoints delete: _settings.DeleteAllCheckpoints(delete.Trial, delete.Spared); break;
            case LedgerEffect.Suggest suggest:
                Task.Run(suggest.Question.Answer).PipeTo(_self, failure: failure => new Broken(failure));
                break;
            case LedgerEffect.Hold: _holds = true; break;
            case LedgerEffect.EndSweep end: _settings.Ended(new SweepOutcome(end.Reason, IsComplete: true)); break;
            default: throw new UnreachableException();
        }
    }
}

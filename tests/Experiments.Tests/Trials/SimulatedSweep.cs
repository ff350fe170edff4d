using Experiments.Samplers;
using Experiments.Schedulers;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Experiments.Tests.Trials;

/// <summary>
/// A sweep with workers, a network and a coordinator that all fail as they are told. What the ledger records is durable at
/// once; whatever else the coordinator knows dies with it.
/// </summary>
internal sealed class SimulatedSweep
{
    private readonly SweepSpec _spec;
    private readonly Func<ISampler> _sampler;
    private readonly Func<ITrialScheduler> _scheduler;
    private readonly List<SweepEvent> _recorded = [];
    private readonly HashSet<string> _written = [];
    private readonly HashSet<string> _deleted = [];
    private readonly SimulatedWorker[] _workers;
    private readonly Queue<SuggestionQuestion> _questions = [];
    private SweepLedger _ledger;
    private int _incarnations;

    public SimulatedSweep(
        SweepSpec spec,
        int workers,
        Func<ISampler>? sampler = null,
        Func<ITrialScheduler>? scheduler = null,
        SweepEvent.HistoryImported? earlier = null)
    {
        (_spec, _sampler, _scheduler) = (spec, sampler ?? (() => new ListedSampler()), scheduler ?? (() => new FifoScheduler()));
        _workers = [.. Enumerable.Range(0, workers).Select(_ => NewWorker())];
        _ledger = NewLedger();
        Do(_ledger.Start(earlier));
        foreach (var worker in _workers)
            Tell(worker.Hello());
    }

    public SweepLedger Ledger => _ledger;

    public IReadOnlyList<SweepEvent> Recorded => _recorded;

    /// <summary>Checkpoints that were written, recorded, and not deleted.</summary>
    public IEnumerable<string> Kept => _recorded.OfType<SweepEvent.CheckpointSaved>().Select(saved => saved.Folder).Except(_deleted);

    /// <summary>What happens next, by a number.</summary>
    public void Happen(int what)
    {
        var worker = _workers[what / 16 % _workers.Length];
        if (what % 3 == 0)
            Answer();
        switch (what % 16)
        {
            case 0 or 1 or 2 or 3: worker.Train(); break;
            case 4 or 5: Deliver(worker, offset: 0); break;
            case 6: Deliver(worker, offset: 1 + what / 64 % 3); break; // some got lost on the way
            case 7: Deliver(worker, offset: -1 - what / 64 % 3); break; // an acknowledgement was lost
            case 8: Deliver(worker, offset: 0, hear: false); break;
            case 9: Tell(worker.Hello()); break;
            case 10: Kill(Array.IndexOf(_workers, worker)); break;
            case 11: Tell(new LedgerInput.WorkerLost(worker.Info.Id, "silent")); break; // and goes on, unheard
            case 12: Restart(); break;
            case 13: Crash(worker, keep: what / 64 % 4); break;
            case 14: Tell(new LedgerInput.Pause("night", StopRunning: what / 64 % 2 == 0)); break;
            case 15: Tell(new LedgerInput.Resume()); break;
        }
    }

    /// <summary>From here on nothing fails.</summary>
    public void RunToTheEnd()
    {
        Tell(new LedgerInput.Resume());
        for (var round = 0; _ledger.Ended is null; round++)
        {
            if (round > 2_000)
                throw new InvalidOperationException($"The sweep does not end: {string.Join(", ", _ledger.Trials)}");
            foreach (var worker in _workers)
            {
                Answer();
                worker.Train();
                while (worker.Unacknowledged > 0)
                    Deliver(worker, offset: 0);
                Tell(worker.Hello());
            }
        }
    }

    /// <summary>A ledger to which what is recorded was replayed.</summary>
    public SweepLedger Replayed()
    {
        var ledger = NewLedger();
        foreach (var recorded in _recorded)
            ledger.Replay(recorded);
        return ledger;
    }

    private SweepLedger NewLedger() =>
        SweepExample.Ledger(_spec, _scheduler(), _sampler(), ("composition", [new("corpus", []), new("base/nano", ["corpus"])]));

    private SimulatedWorker NewWorker() => new(new WorkerInfo($"worker-{_incarnations++}", "cpu:0", "here"));

    private void Deliver(SimulatedWorker worker, int offset, bool hear = true)
    {
        _written.UnionWith(worker.Written);
        if (worker.Send(offset) is { } report)
            Do(_ledger.Handle(report), deafened: hear ? null : worker);
    }

    private void Tell(LedgerInput input) => Do(_ledger.Handle(input));

    /// <summary>The sampler has answered the question that waits longest.</summary>
    private void Answer()
    {
        if (_questions.TryDequeue(out var question))
            Tell(question.Answer());
    }

    private void Kill(int index)
    {
        var dead = _workers[index];
        _workers[index] = NewWorker();
        Tell(new LedgerInput.WorkerLost(dead.Info.Id, "killed"));
        Tell(_workers[index].Hello());
    }

    /// <summary>The coordinator dies in peace, all it decided being recorded and done.</summary>
    private void Restart()
    {
        _ledger = Replayed();
        _questions.Clear();
        Do(_ledger.Start());
        var known = _workers.Select(worker => worker.Info.Id).ToHashSet();
        foreach (var worker in _workers)
            Tell(worker.Hello());
        foreach (var lease in _ledger.Leases.Where(lease => !known.Contains(lease.Worker.Id)).ToList())
            Tell(new LedgerInput.WorkerLost(lease.Worker.Id, "nobody claims it"));
    }

    /// <summary>The coordinator dies over a report, when some of its events are recorded and none of its effects are done.</summary>
    private void Crash(SimulatedWorker worker, int keep)
    {
        _written.UnionWith(worker.Written);
        var step = worker.Send(0) is { } report ? _ledger.Handle(report) : _ledger.Handle(worker.Hello());
        _recorded.AddRange(step.Events.Take(keep));
        Restart();
    }

    private void Do(LedgerStep step, SimulatedWorker? deafened = null)
    {
        _recorded.AddRange(step.Events);
        foreach (var effect in step.Effects)
            Do(effect, deafened);
    }

    private void Do(LedgerEffect effect, SimulatedWorker? deafened)
    {
        switch (effect)
        {
            case LedgerEffect.Assign assign:
                CheckResumable(assign.Assignment);
                To(assign.Worker)?.Assign(assign.Assignment);
                break;
            case LedgerEffect.Acknowledge heard: To(heard.Worker)?.Acknowledge(heard.Attempt, heard.Sequence); break;
            case LedgerEffect.Fence fence: To(fence.Worker)?.Fence(fence.Attempt); break;
            case LedgerEffect.Stop stop: To(stop.Worker)?.Stop(stop.Attempt, stop.Save); break;
            case LedgerEffect.DeleteCheckpoints delete: _deleted.UnionWith(delete.Folders); break;
            case LedgerEffect.DeleteTrialCheckpoints delete:
                _deleted.UnionWith(_written.Where(folder => folder.StartsWith($"{delete.Trial}.", StringComparison.Ordinal))
                    .Except(delete.Spared));
                break;
            case LedgerEffect.Suggest suggest: _questions.Enqueue(suggest.Question); break;
            case LedgerEffect.Resend or LedgerEffect.EndSweep: break;
        }

        SimulatedWorker? To(string id) => Array.Find(_workers, worker => worker.Info.Id == id && worker != deafened);
    }

    private void CheckResumable(Assignment assignment)
    {
        if (assignment.ResumeFrom is { } checkpoint && (_deleted.Contains(checkpoint.Folder) || !_written.Contains(checkpoint.Folder)))
            throw new InvalidOperationException($"{assignment.Attempt} is to resume from {checkpoint.Folder}, which is not there.");
        if (assignment.Experts.Count > 0 && assignment.Experts.Distinct().Count() != 2)
            throw new InvalidOperationException($"{assignment.Attempt} gets the experts {string.Join(", ", assignment.Experts)}.");
    }
}

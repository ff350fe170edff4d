using Akka.Actor;
using Experiments.Trials;
using GpuActors.Protocol;

namespace GpuActors.Coordination;

/// <summary>The workers that are there, and what each holds by what was decided.</summary>
internal sealed class WorkerRoster
{
    private readonly Dictionary<string, WorkerLink> _links = new(StringComparer.Ordinal);
    private readonly List<WorkerLink> _unsaid = [];

    /// <summary>All of them.</summary>
    public IReadOnlyCollection<WorkerLink> All => _links.Values;

    /// <summary>The worker of that id; null when it is not there.</summary>
    public WorkerLink? Find(string worker) => _links.GetValueOrDefault(worker);

    /// <summary>The worker that is reached there; null when none is.</summary>
    public WorkerLink? Find(IActorRef actor) => _links.Values.FirstOrDefault(link => link.Actor.Equals(actor));

    /// <summary>A worker is there, for the first time or at a new place.</summary>
    /// <param name="worker">Who it is.</param>
    /// <param name="actor">Where it is reached.</param>
    /// <param name="holds">What it holds by what was decided.</param>
    public WorkerLink Add(WorkerInfo worker, IActorRef actor, AttemptId? holds)
    {
        var before = Find(worker.Id);
        return _links[worker.Id] = new WorkerLink(worker, actor) { Holds = holds, Ended = before?.Ended, Stopping = before?.Stopping };
    }

    /// <summary>A worker is gone.</summary>
    public bool Remove(string worker, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out WorkerLink? link) =>
        _links.Remove(worker, out link);

    /// <summary>Takes in a decision.</summary>
    public void Apply(SweepEvent decided)
    {
        switch (decided)
        {
            case SweepEvent.TrialLeased leased when Find(leased.Worker) is { } link:
                (link.Holds, link.Stopping, link.Progress) = (leased.Attempt, null, null);
                break;
            case SweepEvent.AttemptEnded ended when _links.Values.FirstOrDefault(link => link.Holds == ended.Attempt) is { } link:
                (link.Holds, link.Stopping, link.Progress) = (null, null, null);
                break;
        }
    }

    /// <summary>Tells a worker something, if it is there. A next attempt says itself that the end of the one before is
    /// recorded.</summary>
    public void Tell(string worker, object message)
    {
        if (Find(worker) is not { } link)
            return;

        if (message is WorkerProtocol.Assign next && link.Recorded?.Attempt.Attempt != next.Assignment.Attempt)
            link.Recorded = null;
        link.SayRecorded();
        link.Actor.Tell(message);
    }

    /// <summary>Tells a worker up to where its reports are recorded, with the next word or at <see cref="Flush"/>: of several such
    /// words in a row the last says all.</summary>
    public void Acknowledge(string worker, WorkerProtocol.Acknowledge recorded)
    {
        if (Find(worker) is not { } link)
            return;

        if (link.Recorded?.Attempt != recorded.Attempt)
            link.SayRecorded();
        if (link.Recorded is null)
            _unsaid.Add(link);
        link.Recorded = recorded;
    }

    /// <summary>Says what <see cref="Acknowledge"/> has kept back.</summary>
    public void Flush()
    {
        foreach (var link in _unsaid)
            link.SayRecorded();
        _unsaid.Clear();
    }
}

/// <summary>A worker as the coordinator reaches it.</summary>
internal sealed class WorkerLink(WorkerInfo worker, IActorRef actor)
{
    /// <summary>Who it is.</summary>
    public WorkerInfo Worker { get; } = worker;

    /// <summary>Where it is reached.</summary>
    public IActorRef Actor { get; } = actor;

    /// <summary>The attempt that it holds.</summary>
    public AttemptId? Holds { get; set; }

    /// <summary>The last attempt whose end it reported.</summary>
    public AttemptId? Ended { get; set; }

    /// <summary>An order to stop that may not have reached it.</summary>
    public WorkerProtocol.Stop? Stopping { get; set; }

    /// <summary>How far it has come.</summary>
    public Progress? Progress { get; set; }

    /// <summary>What is recorded of its reports and was not said yet.</summary>
    public WorkerProtocol.Acknowledge? Recorded { get; set; }

    /// <summary>Says that.</summary>
    public void SayRecorded()
    {
        if (Recorded is not { } recorded)
            return;

        Recorded = null;
        Actor.Tell(recorded);
    }
}

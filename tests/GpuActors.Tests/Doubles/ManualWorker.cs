using Akka.Actor;
using Akka.TestKit;
using Experiments.Sweeps;
using Experiments.Trials;
using GpuActors.Protocol;
using static GpuActors.Protocol.WorkerProtocol;

namespace GpuActors.Tests.Doubles;

/// <summary>A worker that a test speaks for.</summary>
internal sealed class ManualWorker(TestProbe probe, string id, IActorRef coordinator)
{
    private Assignment? _next; // came with an acknowledgement

    public TestProbe Probe { get; } = probe;

    public IActorRef Coordinator { get; set; } = coordinator;

    public WorkerInfo Info { get; } = new(id, "cpu:0", "here");

    public void Hello(Assignment? inHand)
    {
        Coordinator.Tell(new Hello(Info, 0, OnTheWire(inHand), CoordinatorTestKit.FolderId), Probe);
    }

    public async Task BeatAsync(Assignment? inHand = null)
    {
        Coordinator.Tell(new Beat(Info.Id, 0, OnTheWire(inHand), null), Probe);
        await Probe.FishForMessageAsync<Heard>(_ => true);
    }

    public void Report(Assignment assignment, long sequence, Report report, EquatableArray<Report>? then = null) => Coordinator.Tell(
        new Reported(Info.Id, new SweepAttempt(assignment.Sweep, assignment.Attempt), sequence, report, then), Probe);

    public async Task<Assignment> AssignedAsync()
    {
        var assigned = _next ?? (await Probe.FishForMessageAsync<Assign>(_ => true)).Assignment;
        _next = null;
        return assigned;
    }

    /// <summary>Waits for the word that reports are recorded, which an assignment of the next attempt is too.</summary>
    public async Task AcknowledgedAsync(Assignment assignment, long sequence)
    {
        var word = await Probe.FishForMessageAsync<object>(message => message switch
        {
            Acknowledge ack => ack.Attempt.Attempt == assignment.Attempt && ack.Sequence == sequence,
            Assign next => next.Assignment.Attempt != assignment.Attempt,
            _ => false,
        });
        _next = (word as Assign)?.Assignment ?? _next;
    }

    public ValueTask ExpectNothingAsync() => Probe.ExpectNoMsgAsync(TimeSpan.Zero);

    /// <summary>The end of an attempt that went well.</summary>
    public static Report.Ended Finished => new(new AttemptOutcome.Finished(new TrialResult()), TimeSpan.FromSeconds(1));

    /// <summary>Takes the next attempt and does it.</summary>
    public async Task<AttemptId> WorkAsync()
    {
        var assignment = await AssignedAsync();
        Report(assignment, 1, new Report.Started(1, 0));
        Report(assignment, 2, Finished);
        await AcknowledgedAsync(assignment, 2);
        return assignment.Attempt;
    }

    private static SweepAttempt? OnTheWire(Assignment? assignment) =>
        assignment is null ? null : new SweepAttempt(assignment.Sweep, assignment.Attempt);
}

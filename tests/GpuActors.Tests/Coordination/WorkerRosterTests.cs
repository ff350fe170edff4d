using Akka.TestKit.Xunit;
using Experiments.Trials;
using GpuActors.Coordination;
using GpuActors.Protocol;
using Xunit;
using static GpuActors.Protocol.WorkerProtocol;

namespace GpuActors.Tests.Coordination;

public sealed class WorkerRosterTests : TestKit
{
    private static readonly SweepAttempt First = new("s", new AttemptId(new TrialId(0), 1));
    private static readonly SweepAttempt Second = new("s", new AttemptId(new TrialId(1), 1));

    [Fact]
    public async Task Of_acknowledgements_in_a_row_the_last_says_all()
    {
        var roster = Roster();

        for (var sequence = 1; sequence <= 3; sequence++)
            roster.Acknowledge("w", new Acknowledge(1, First, sequence));
        roster.Flush();
        roster.Flush();

        Assert.Equal(new Acknowledge(1, First, 3), await ExpectMsgAsync<Acknowledge>());
        await ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task An_acknowledgement_comes_before_whatever_is_told_after_it()
    {
        var roster = Roster();

        roster.Acknowledge("w", new Acknowledge(1, First, 3));
        roster.Acknowledge("w", new Acknowledge(1, Second, 1));
        roster.Tell("w", new Fence(1, Second));

        Assert.Equal(new Acknowledge(1, First, 3), await ExpectMsgAsync<Acknowledge>());
        Assert.Equal(new Acknowledge(1, Second, 1), await ExpectMsgAsync<Acknowledge>());
        Assert.Equal(new Fence(1, Second), await ExpectMsgAsync<Fence>());
    }

    [Fact]
    public async Task The_next_attempt_stands_for_the_acknowledgement_of_the_one_before()
    {
        var roster = Roster();
        var next = new Assign(1, new Assignment(
            Second.Sweep, Second.Attempt, new TrialWork.Prepare("nothing"), null, null, null, [], null, []));

        roster.Acknowledge("w", new Acknowledge(1, First, 3));
        roster.Tell("w", next);
        roster.Acknowledge("w", new Acknowledge(1, Second, 1));
        roster.Flush();

        Assert.Equal(next, await ExpectMsgAsync<Assign>());
        Assert.Equal(new Acknowledge(1, Second, 1), await ExpectMsgAsync<Acknowledge>());
        await ExpectNoMsgAsync(TimeSpan.Zero);
    }

    private WorkerRoster Roster()
    {
        var roster = new WorkerRoster();
        roster.Add(new WorkerInfo("w", "cpu:0", "here"), TestActor, holds: null);
        return roster;
    }
}

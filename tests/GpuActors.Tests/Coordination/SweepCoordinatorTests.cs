using System.Collections.Immutable;
using Akka.Actor;
using Experiments.Sweeps;
using Experiments.Trials;
using GpuActors.Coordination;
using GpuActors.Protocol;
using GpuActors.Tests.Doubles;
using Xunit;
using static GpuActors.Protocol.WorkerProtocol;

namespace GpuActors.Tests.Coordination;

public sealed class SweepCoordinatorTests : CoordinatorTestKit
{
    [Fact]
    public async Task A_sweep_is_worked_off_trial_by_trial_and_ends()
    {
        var coordinator = Start(TestSweep.Of(trials: 2));
        var worker = await JoinAsync(coordinator, "w1");

        var first = await worker.WorkAsync();
        var second = await worker.WorkAsync();

        Assert.Equal([0, 1], [first.Trial.Number, second.Trial.Number]);
        Assert.Equal(new SweepOutcome("done", IsComplete: true), await Ended.Task);
        Assert.All(Disk.Events.Select((recorded, index) => (recorded.Number, index)), pair => Assert.Equal(pair.index + 1, pair.Number));
    }

    [Fact]
    public async Task What_is_known_of_earlier_sweeps_is_recorded_once_when_the_sweep_begins()
    {
        var earlier = new SweepEvent.HistoryImported([new("before", 0, "lora", [], LeftOut: 3)]);
        var first = Start(TestSweep.Of(trials: 3), earlier: earlier); // w1 goes on with the second, w2 gets the third
        var worker = await JoinAsync(first, "w1");
        await worker.WorkAsync();
        await RestartAsync(first);

        worker = await JoinAsync(Start(TestSweep.Of(trials: 3), earlier: earlier), "w2");
        await worker.WorkAsync();

        Assert.Equal(earlier, Assert.Single(Recorded<SweepEvent.HistoryImported>()));
        Assert.Equal(earlier, Disk.Events[1].Event);
    }

    [Fact]
    public async Task The_next_attempt_is_the_acknowledgement_of_the_last()
    {
        var coordinator = Start(TestSweep.Of(trials: 2));
        var worker = await JoinAsync(coordinator, "w1");
        var assignment = await worker.AssignedAsync();

        worker.Report(assignment, 1, new Report.Started(1, 0), [Measured(1), ManualWorker.Finished]);

        var next = await worker.Probe.ExpectMsgAsync<Assign>(); // nothing before it
        Assert.NotEqual(assignment.Attempt.Trial, next.Assignment.Attempt.Trial);
        Assert.Equal(3, Assert.Single(Recorded<SweepEvent.AttemptEnded>()).Sequence);
    }

    [Fact]
    public async Task Nothing_is_acknowledged_assigned_or_said_before_it_is_on_disk()
    {
        var coordinator = Start(TestSweep.Of(trials: 2));
        var worker = await JoinAsync(coordinator, "w1");
        var assignment = await worker.AssignedAsync();
        Disk.Full = "The disk is full.";

        worker.Report(assignment, 1, new Report.Started(1, 0));
        worker.Report(assignment, 1, new Report.Started(1, 0)); // known to the ledger, but not to the disk
        var troubled = await StatusAsync(coordinator, status => status.Trouble is not null);
        await worker.ExpectNothingAsync();
        Disk.Full = null;

        Assert.Equal("The disk is full.", troubled.Trouble);
        await worker.AcknowledgedAsync(assignment, 1);
        await StatusAsync(coordinator, status => status.Trouble is null);
    }

    [Fact]
    public async Task What_comes_twice_is_acknowledged_twice_and_recorded_once()
    {
        var coordinator = Start(TestSweep.Of(trials: 1));
        var worker = await JoinAsync(coordinator, "w1");
        var assignment = await worker.AssignedAsync();

        for (var time = 0; time < 2; time++)
        {
            worker.Report(assignment, 1, new Report.Started(1, 0));
            worker.Report(assignment, 2, Measured(1));
            await worker.AcknowledgedAsync(assignment, 2);
        }

        Assert.Single(Recorded<SweepEvent.MetricReported>());
    }

    [Fact]
    public async Task A_gap_in_the_reports_is_asked_for()
    {
        var coordinator = Start(TestSweep.Of(trials: 1));
        var worker = await JoinAsync(coordinator, "w1");
        var assignment = await worker.AssignedAsync();

        worker.Report(assignment, 1, new Report.Started(1, 0));
        await worker.AcknowledgedAsync(assignment, 1);
        worker.Report(assignment, 3, Measured(2));

        Assert.Equal(2, (await worker.Probe.ExpectMsgAsync<Resend>()).From);
    }

    [Fact]
    public async Task A_worker_that_is_silent_for_its_lease_loses_its_trial_to_another()
    {
        var coordinator = Start(TestSweep.Of(trials: 1));
        var silent = await JoinAsync(coordinator, "w1");
        var lost = await silent.AssignedAsync();
        silent.Report(lost, 1, new Report.Started(1, 0));
        silent.Report(lost, 2, new Report.Saved(5, "sweeps/s/trials/t0/a1/checkpoints/5", 1));
        await silent.AcknowledgedAsync(lost, 2);
        var other = await JoinAsync(coordinator, "w2");

        await ExpireAllBut(other);

        var again = await other.AssignedAsync();
        Assert.Equal(new AttemptId(lost.Attempt.Trial, 2), again.Attempt);
        Assert.Equal(5, again.ResumeFrom?.Step);
        silent.Report(lost, 3, ManualWorker.Finished);
        await silent.Probe.FishForMessageAsync<WhoAreYou>(_ => true);
        silent.Hello(lost);
        await silent.Probe.FishForMessageAsync<Fence>(fence => fence.Attempt.Attempt == lost.Attempt);
    }

    [Fact]
    public async Task The_trial_of_a_worker_whose_process_is_said_to_be_dead_goes_on_at_once()
    {
        var coordinator = Start(TestSweep.Of(trials: 1));
        var dead = await JoinAsync(coordinator, "w1");
        await dead.AssignedAsync();
        var other = await JoinAsync(coordinator, "w2");

        coordinator.Tell(new AgentProtocol.WorkerDied("w1", "exit code 134"), TestActor);

        await ExpectMsgAsync<AgentProtocol.Noted>();
        Assert.Equal(2, (await other.AssignedAsync()).Attempt.Number);
    }

    [Fact]
    public async Task The_trial_of_a_worker_whose_actor_is_gone_goes_on_at_once()
    {
        var coordinator = Start(TestSweep.Of(trials: 1));
        var gone = await JoinAsync(coordinator, "w1");
        await gone.AssignedAsync();
        var other = await JoinAsync(coordinator, "w2");

        Sys.Stop(gone.Probe);

        Assert.Equal(2, (await other.AssignedAsync()).Attempt.Number);
    }

    [Fact]
    public async Task A_new_coordinator_adopts_the_attempt_that_a_worker_has_in_hand()
    {
        var coordinator = Start(TestSweep.Of(trials: 2));
        var worker = await JoinAsync(coordinator, "w1");
        var assignment = await worker.AssignedAsync();
        worker.Report(assignment, 1, new Report.Started(1, 0));
        await worker.AcknowledgedAsync(assignment, 1);

        await RestartAsync(coordinator);
        worker.Coordinator = Start(TestSweep.Of(trials: 2));
        worker.Hello(assignment);
        Assert.Equal(2, (await worker.Probe.FishForMessageAsync<Welcome>(_ => true)).Term);
        worker.Report(assignment, 2, ManualWorker.Finished);

        Assert.Equal(1, (await worker.AssignedAsync()).Attempt.Trial.Number);
        Assert.Equal(1, Recorded<SweepEvent.TrialLeased>().Count(leased => leased.Attempt.Trial.Number == 0));
    }

    [Fact]
    public async Task An_assignment_that_never_arrived_is_given_again()
    {
        var coordinator = Start(TestSweep.Of(trials: 1));
        var worker = await JoinAsync(coordinator, "w1");
        var assignment = await worker.AssignedAsync();

        worker.Coordinator.Tell(new WorkerProtocol.Beat("w1", 1, null, null), worker.Probe);

        Assert.Equal(assignment, await worker.AssignedAsync());
    }

    [Fact]
    public async Task A_lease_that_nobody_comes_back_for_after_a_restart_runs_out()
    {
        var coordinator = Start(TestSweep.Of(trials: 1));
        await (await JoinAsync(coordinator, "w1")).AssignedAsync();
        await RestartAsync(coordinator);
        var other = await JoinAsync(Start(TestSweep.Of(trials: 1)), "w2");

        await ExpireAllBut(other);

        Assert.Equal(2, (await other.AssignedAsync()).Attempt.Number);
    }

    [Fact]
    public async Task A_worker_of_another_sweep_is_fenced_and_then_given_work()
    {
        var coordinator = Start(TestSweep.Of(trials: 1));
        var worker = new ManualWorker(CreateTestProbe(), "w1", coordinator);

        coordinator.Tell(new Hello(worker.Info, 0, new SweepAttempt("other", new AttemptId(new TrialId(0), 1)), FolderId), worker.Probe);
        Assert.Equal("other", (await worker.Probe.FishForMessageAsync<Fence>(_ => true)).Attempt.Sweep);
        worker.Hello(null);

        Assert.Equal(TestSweep.Name, (await worker.AssignedAsync()).Sweep);
    }

    [Fact]
    public async Task A_worker_that_sees_another_data_folder_is_refused()
    {
        var coordinator = Start(TestSweep.Of(trials: 1));
        var probe = CreateTestProbe();

        coordinator.Tell(new Hello(new WorkerInfo("w1", "cpu:0", "there"), 0, null, DataFolder: ""), probe);

        var refused = await probe.ExpectMsgAsync<Refuse>();
        Assert.StartsWith("This worker's data folder is not the coordinator's, /data on ", refused.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_coordinator_that_hears_of_a_newer_one_stops()
    {
        var coordinator = Start(TestSweep.Of(trials: 1));
        Watch(coordinator);

        coordinator.Tell(new Hello(new WorkerInfo("w1", "cpu:0", "here"), SeenTerm: 2, InHand: null, FolderId));

        await ExpectTerminatedAsync(coordinator);
        Assert.Contains("newer coordinator", (await Failed.Task).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sweep_that_cannot_go_on_under_another_spec_is_refused()
    {
        var coordinator = Start(TestSweep.Of(trials: 1));
        await StatusAsync(coordinator, status => status.LastEvent > 0);
        await RestartAsync(coordinator);

        Start(TestSweep.Of(trials: 1) with { Seed = 7 });

        Assert.IsType<SpecException>(await Failed.Task);
    }

    [Fact]
    public async Task Those_who_watch_are_told_every_event_once_and_in_order_also_of_earlier_runs()
    {
        var coordinator = Start(TestSweep.Of(trials: 2));
        await (await JoinAsync(coordinator, "w1")).WorkAsync();
        await RestartAsync(coordinator);
        while (Notices.Reader.TryRead(out _))
        {
        }

        var next = Start(TestSweep.Of(trials: 2));
        next.Tell(new AgentProtocol.WorkerDied("w1", "It ended with the last coordinator."));
        await (await JoinAsync(next, "w2")).WorkAsync();
        await Ended.Task;

        var told = new List<SweepNotice.Recorded>();
        while (Notices.Reader.TryRead(out var notice))
        {
            if (notice is SweepNotice.Recorded recorded)
                told.Add(recorded);
        }

        Assert.Equal(Disk.Events.Take(told.Count), told.Select(recorded => recorded.Event));
        Assert.Contains(told, recorded => !recorded.Live);
        Assert.True(told[^1].Live);
    }

    [Fact]
    public async Task Superseded_checkpoints_areDeleted()
    {
        var coordinator = Start(TestSweep.Of(trials: 1));
        var worker = await JoinAsync(coordinator, "w1");
        var assignment = await worker.AssignedAsync();
        worker.Report(assignment, 1, new Report.Started(1, 0));
        worker.Report(assignment, 2, new Report.Saved(5, "five", 1));
        worker.Report(assignment, 3, new Report.Saved(10, "ten", 1));
        worker.Report(assignment, 4, ManualWorker.Finished);

        await Ended.Task;

        Assert.Equal(["five", "all of t0", "ten"], Deleted);
    }

    private static Report.Measured Measured(int step) =>
        new(step, ImmutableSortedDictionary<string, double>.Empty.Add("train_loss", 1.0 / step));
}

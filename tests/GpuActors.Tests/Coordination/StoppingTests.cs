using Akka.Actor;
using Experiments.Sweeps;
using Experiments.Trials;
using GpuActors.Protocol;
using GpuActors.Tests.Doubles;
using Xunit;
using static GpuActors.Protocol.WorkerProtocol;

namespace GpuActors.Tests.Coordination;

/// <summary>How a sweep, or a part of it, is brought to a halt.</summary>
public sealed class StoppingTests : CoordinatorTestKit
{
    [Fact]
    public async Task A_pause_lets_attempts_save_and_is_quiet_when_they_have()
    {
        var coordinator = Start(TestSweep.Of(trials: 2));
        var worker = await JoinAsync(coordinator, "w1");
        var assignment = await worker.AssignedAsync();
        worker.Report(assignment, 1, new Report.Started(1, 0));
        await worker.AcknowledgedAsync(assignment, 1);

        coordinator.Tell(new SweepProtocol.Pause("asked", StopRunning: true), TestActor);
        await ExpectMsgAsync<SweepProtocol.Done>();
        coordinator.Tell(new SweepProtocol.WhenQuiet(), TestActor);
        Assert.True((await worker.Probe.FishForMessageAsync<WorkerProtocol.Stop>(_ => true)).Save);
        await ExpectNoMsgAsync(TimeSpan.Zero);
        worker.Report(assignment, 2, new Report.Saved(3, "sweeps/s/trials/t0/a1/checkpoints/3", 1));
        worker.Report(assignment, 3, new Report.Ended(new AttemptOutcome.Paused(3), TimeSpan.Zero));

        await ExpectMsgAsync<SweepProtocol.Done>();
        coordinator.Tell(new SweepProtocol.Resume(), TestActor);
        await ExpectMsgAsync<SweepProtocol.Done>();
        Assert.Equal(3, (await worker.AssignedAsync()).ResumeFrom?.Step);
    }

    [Fact]
    public async Task An_order_to_stop_is_said_until_it_is_heard()
    {
        var coordinator = Start(TestSweep.Of(trials: 1));
        var worker = await JoinAsync(coordinator, "w1");
        var assignment = await worker.AssignedAsync();
        coordinator.Tell(new SweepProtocol.Pause("asked", StopRunning: true));
        await worker.Probe.FishForMessageAsync<WorkerProtocol.Stop>(_ => true);

        await worker.BeatAsync(assignment);

        await worker.Probe.FishForMessageAsync<WorkerProtocol.Stop>(_ => true);
    }

    [Fact]
    public async Task A_cancelled_trial_is_stopped_and_its_worker_goes_on_with_the_next()
    {
        var coordinator = Start(TestSweep.Of(trials: 2));
        var worker = await JoinAsync(coordinator, "w1");
        var assignment = await worker.AssignedAsync();
        worker.Report(assignment, 1, new Report.Started(1, 0));

        coordinator.Tell(new SweepProtocol.Cancel(assignment.Attempt.Trial));
        Assert.False((await worker.Probe.FishForMessageAsync<WorkerProtocol.Stop>(_ => true)).Save);
        worker.Report(assignment, 2, new Report.Ended(new AttemptOutcome.Paused(0), TimeSpan.Zero));
        await worker.Probe.FishForMessageAsync<Fence>(_ => true);
        worker.Hello(null);

        Assert.Equal(1, (await worker.AssignedAsync()).Attempt.Trial.Number);
    }

    [Fact]
    public async Task A_trial_past_its_time_limit_is_stopped_and_fails()
    {
        var coordinator = Start(TestSweep.Of(trials: 1, new Limits { Trial = TimeSpan.FromSeconds(10) }));
        var worker = await JoinAsync(coordinator, "w1");
        var assignment = await worker.AssignedAsync();
        worker.Report(assignment, 1, new Report.Started(1, 0));
        await worker.AcknowledgedAsync(assignment, 1);

        Time.Advance(TimeSpan.FromSeconds(12));
        await worker.Probe.FishForMessageAsync<WorkerProtocol.Stop>(_ => true);

        await Ended.Task;
        Assert.Equal(FailureCause.Timeout, Assert.Single(Recorded<SweepEvent.TrialEnded>()).Cause);
    }

    [Fact]
    public async Task A_run_past_its_time_limit_saves_and_can_go_on()
    {
        var spec = TestSweep.Of(trials: 1, new Limits { Wall = TimeSpan.FromSeconds(20) });
        var coordinator = Start(spec);
        var worker = await JoinAsync(coordinator, "w1");
        var assignment = await worker.AssignedAsync();
        worker.Report(assignment, 1, new Report.Started(1, 0));
        await worker.AcknowledgedAsync(assignment, 1);

        Time.Advance(TimeSpan.FromSeconds(22));
        await worker.Probe.FishForMessageAsync<WorkerProtocol.Stop>(_ => true);
        worker.Report(assignment, 2, new Report.Ended(new AttemptOutcome.Paused(0), TimeSpan.Zero));
        Assert.False((await Ended.Task).IsComplete);

        await RestartAsync(coordinator);
        Assert.NotNull(await (await JoinAsync(Start(spec), "w2")).AssignedAsync());
    }
}

using Experiments.Sweeps;
using Experiments.Trials;
using GpuActors.Protocol;
using GpuActors.Tests.Doubles;
using Xunit;

namespace GpuActors.Tests.Coordination;

/// <summary>A sweep that has used up the device time or the money it may use.</summary>
public sealed class BudgetTests : CoordinatorTestKit
{
    [Fact]
    public async Task Running_attempts_save_and_stop_and_what_they_took_is_known_after_a_restart()
    {
        var spec = TestSweep.Of(trials: 2, new Limits { DeviceTime = TimeSpan.FromSeconds(40) });
        var coordinator = Start(spec);
        var (one, two) = (await JoinAsync(coordinator, "w1"), await JoinAsync(coordinator, "w2"));
        var (first, second) = (await one.AssignedAsync(), await two.AssignedAsync());

        Time.Advance(TimeSpan.FromSeconds(19));
        one.Report(first, 1, new Report.Started(1, 0));
        await one.AcknowledgedAsync(first, 1);
        two.Report(second, 1, new Report.Started(1, 0));
        await two.AcknowledgedAsync(second, 1);
        Assert.Empty(Recorded<SweepEvent.SweepPaused>());
        Time.Advance(TimeSpan.FromSeconds(1)); // two devices, 20 seconds each
        foreach (var (worker, assignment) in new[] { (one, first), (two, second) })
        {
            Assert.True((await worker.Probe.FishForMessageAsync<WorkerProtocol.Stop>(_ => true)).Save);
            worker.Report(assignment, 2, new Report.Ended(new AttemptOutcome.Paused(0), TimeSpan.FromSeconds(20)));
        }

        var outcome = await Ended.Task;
        Assert.False(outcome.IsComplete);
        Assert.Equal("The limit of 40s of device time is reached: 40s are used up.", outcome.Reason);
        Assert.Equal("limits.device_time=1m20s", outcome.Raise);
        Assert.True(Assert.Single(Recorded<SweepEvent.SweepPaused>()).AtLimit);

        await RestartAsync(coordinator);
        Ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var same = Start(spec);
        Assert.Equal("limits.device_time=1m20s", (await Ended.Task).Raise);

        await RestartAsync(same);
        var more = Start(spec with { Limits = spec.Limits with { DeviceTime = TimeSpan.FromSeconds(50) } });
        Assert.Equal(2, (await (await JoinAsync(more, "w3")).AssignedAsync()).Attempt.Number);
        Assert.Single(Recorded<SweepEvent.SweepResumed>());
    }

    [Fact]
    public async Task Draining_lets_running_attempts_end_and_begins_no_other()
    {
        var coordinator = Start(TestSweep.Of(
            trials: 2, new Limits { Cost = 0.01, PricePerDeviceHour = 3.6, AtLimit = AtLimit.Drain })); // 10 seconds
        var worker = await JoinAsync(coordinator, "w1");
        var assignment = await worker.AssignedAsync();
        worker.Report(assignment, 1, new Report.Started(1, 0));
        await worker.AcknowledgedAsync(assignment, 1);

        Time.Advance(TimeSpan.FromSeconds(11));
        await StatusAsync(coordinator, _ => Recorded<SweepEvent.SweepPaused>().Any());
        worker.Report(assignment, 2, ManualWorker.Finished);

        var outcome = await Ended.Task;
        Assert.Equal("limits.cost=0.02", outcome.Raise);
        Assert.Equal(TrialState.Completed, Assert.Single(Recorded<SweepEvent.TrialEnded>()).State);
        Assert.Single(Recorded<SweepEvent.TrialLeased>());
    }

    [Fact]
    public async Task The_time_between_a_kill_and_the_restart_is_not_spent()
    {
        var spec = TestSweep.Of(trials: 1, new Limits { DeviceTime = TimeSpan.FromSeconds(60), Trial = TimeSpan.FromSeconds(50) });
        var coordinator = Start(spec);
        var killed = await JoinAsync(coordinator, "w1");
        var assignment = await killed.AssignedAsync();
        Time.Advance(TimeSpan.FromSeconds(10));
        killed.Report(assignment, 1, new Report.Started(1, 0));
        await killed.AcknowledgedAsync(assignment, 1);
        await RestartAsync(coordinator);
        Time.Advance(TimeSpan.FromHours(8));

        var other = await JoinAsync(Start(spec), "w2");
        await ExpireAllBut(other);

        Assert.Equal(2, (await other.AssignedAsync()).Attempt.Number);
        Assert.Empty(Recorded<SweepEvent.SweepPaused>());
        Assert.Empty(Recorded<SweepEvent.TrialEnded>());
    }
}

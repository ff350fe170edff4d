using Adapters.Methods;
using Experiments.Trials;
using GpuActors.Coordination;
using GpuActors.Nodes;
using GpuActors.Tests.Doubles;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GpuActors.Tests.Nodes;

/// <summary>A real cluster of several actor systems on the loopback address, and what happens when parts of it die.</summary>
public sealed class ClusterTests
{
    [Fact]
    public async Task Workers_join_work_and_see_the_sweep_end()
    {
        await using var cluster = new LoopbackCluster();
        await cluster.StartAsync(TestSweep.Of(trials: 4));

        foreach (var worker in new[] { cluster.StartWorker("w1"), cluster.StartWorker("w2") })
            _ = WorkAsync(worker.Runner);

        Assert.True((await cluster.OutcomeAsync()).IsComplete);
        Assert.Equal(4, cluster.Disk.Events.Count(recorded => recorded.Event is SweepEvent.TrialEnded { State: TrialState.Completed }));
    }

    [Fact]
    public async Task The_trials_of_killed_workers_go_on_elsewhere_from_their_newest_recorded_checkpoints()
    {
        await using var cluster = new LoopbackCluster();
        await cluster.StartAsync(TestSweep.Of(trials: 2));
        LoopbackWorker[] killed = [cluster.StartWorker("w1"), cluster.StartWorker("w2")];
        foreach (var worker in killed)
        {
            var attempt = await worker.Runner.BegunAsync();
            attempt.Start();
            attempt.Measure(1, 0.5);
            attempt.Save(1);
            await cluster.NoticeAsync<SweepNotice.Recorded>(recorded => recorded.Event.Event is SweepEvent.CheckpointSaved);
        }

        await Task.WhenAll(killed.Select(worker => worker.KillAsync()));
        var heir = cluster.StartWorker("w3");
        for (var trial = 0; trial < killed.Length; trial++)
        {
            var again = await heir.Runner.BegunAsync();
            Assert.Equal((2, 1), (again.Assignment.Attempt.Number, again.Assignment.ResumeFrom?.Step));
            again.Start(1);
            again.Finish();
        }

        Assert.True((await cluster.OutcomeAsync()).IsComplete);
    }

    [Fact]
    public async Task A_restarted_coordinator_adopts_workers_that_went_on_without_it()
    {
        await using var cluster = new LoopbackCluster();
        await cluster.StartAsync(TestSweep.Of(trials: 1));
        var worker = cluster.StartWorkerHost("w1");
        var attempt = await worker.Runner.BegunAsync();
        attempt.Start();
        await cluster.NoticeAsync<SweepNotice.Recorded>(recorded => recorded.Event.Event is SweepEvent.AttemptStarted);

        await cluster.AbortAsync();
        attempt.Measure(1, 0.5);
        await cluster.StartAsync(TestSweep.Of(trials: 1));
        attempt.Measure(2, 0.25);
        attempt.Finish();

        Assert.True((await cluster.OutcomeAsync()).IsComplete);
        var events = cluster.Disk.Events.Select(recorded => recorded.Event).ToList();
        Assert.Single(events.OfType<SweepEvent.TrialLeased>());
        Assert.Equal([1, 2], events.OfType<SweepEvent.MetricReported>().Select(metric => metric.Step));
    }

    [Fact]
    public async Task An_interrupted_run_lets_its_workers_save_and_goes_on_from_there()
    {
        await using var cluster = new LoopbackCluster();
        await cluster.StartAsync(TestSweep.Of(trials: 1));
        var attempt = await cluster.StartWorker("w1").Runner.BegunAsync();
        attempt.Start();

        await cluster.InterruptAsync();
        await attempt.SaveWished;
        attempt.Save(7);
        attempt.Pause();
        var interrupted = await cluster.OutcomeAsync();

        await cluster.StartAsync(TestSweep.Of(trials: 1));
        var again = await cluster.StartWorker("w2").Runner.BegunAsync();
        Assert.False(interrupted.IsComplete);
        Assert.Equal(7, again.Assignment.ResumeFrom?.Step);
    }

    [Fact]
    public async Task A_worker_that_is_told_to_leave_saves_first_and_its_trial_goes_on_elsewhere()
    {
        await using var cluster = new LoopbackCluster();
        await cluster.StartAsync(TestSweep.Of(trials: 1));
        var leaving = cluster.StartWorkerHost("w1");
        var attempt = await leaving.Runner.BegunAsync();
        attempt.Start();

        await leaving.LeaveAsync();
        await attempt.SaveWished;
        attempt.Save(3);
        attempt.Pause();

        Assert.Equal(ExitCodes.Left, await leaving.Exit);
        Assert.Equal(3, (await cluster.StartWorker("w2").Runner.BegunAsync()).Assignment.ResumeFrom?.Step);
    }

    [Fact]
    public async Task A_worker_without_a_coordinator_saves_after_its_grace_and_ends_as_an_orphan()
    {
        await using var cluster = new LoopbackCluster();
        await cluster.StartAsync(TestSweep.Of(trials: 1));
        var orphan = cluster.StartWorkerHost("w1", settings => settings with { OrphanGrace = TimeSpan.FromSeconds(2) });
        var attempt = await orphan.Runner.BegunAsync();
        attempt.Start();

        await cluster.AbortAsync();
        await attempt.SaveWished;
        attempt.Pause();

        Assert.Equal(ExitCodes.Orphaned, await orphan.Exit);
    }

    [Fact]
    public async Task A_worker_that_lost_its_device_ends_and_its_trial_goes_on_elsewhere()
    {
        await using var cluster = new LoopbackCluster();
        await cluster.StartAsync(TestSweep.Of(trials: 1));
        var broken = cluster.StartWorkerHost("w1");
        var attempt = await broken.Runner.BegunAsync();
        attempt.Start();

        attempt.Throw(new TorchFailure("CUDA error: unspecified launch failure"));

        Assert.Equal(ExitCodes.DeviceLost, await broken.Exit);
        var again = await cluster.StartWorker("w2").Runner.BegunAsync();
        again.Finish();
        Assert.True((await cluster.OutcomeAsync()).IsComplete);
    }

    [Fact]
    public async Task A_worker_that_cannot_load_its_library_ends_with_the_reason()
    {
        await using var cluster = new LoopbackCluster();
        await cluster.StartAsync(TestSweep.Of(trials: 1));

        var unable = cluster.StartWorkerHost("w1", runner: new ManualTrialRunner(new AdapterException("libtorch cannot be loaded.")));

        var failure = await Assert.ThrowsAsync<AdapterException>(() => unable.Exit);
        Assert.Equal("libtorch cannot be loaded.", failure.Message);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_told_in_a_sentence()
    {
        await using var first = new LoopbackCluster();
        await first.StartAsync(TestSweep.Of(trials: 1));
        var settings = new ClusterSettings { Role = ClusterSettings.GpuRole, Port = first.Port, Logging = NullLoggerFactory.Instance };

        var refused = Assert.Throws<ClusterException>(settings.Start);

        Assert.StartsWith($"127.0.0.1:{first.Port} cannot be listened on: ", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>Does whatever a worker is given.</summary>
    private static async Task WorkAsync(ManualTrialRunner runner)
    {
        while (true)
        {
            var attempt = await runner.BegunAsync();
            attempt.Start();
            attempt.Finish();
        }
    }
}

using Experiments.Storage;
using Experiments.Trials;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>A sweep that may use only so much device time, of real processes.</summary>
public sealed class LimitTests : IDisposable
{
    private const int Trials = 8;
    private const int Steps = 4;
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(2);

    private readonly string _data = Directory.CreateTempSubdirectory("limited-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task What_was_spent_before_a_kill_counts_and_nothing_is_lost_or_repeated()
    {
        await using (var killed = OrchestratorProcess.Start(Command()))
        {
            await killed.ErrorContains("t1 command limited starts on");
            killed.Kill();
            await killed.WaitForExitAsync();
        }

        Assert.InRange(Spent(), TimeSpan.FromSeconds(0.1 * Steps), _limit);
        var limited = await OrchestratorProcess.RunAsync(Command());

        Assert.True(limited.ExitCode == 4, limited.Error);
        Assert.Empty(OrchestratorProcess.Of(_data));
        Assert.Matches("The limit of 2s of device time is reached: [0-9]+s are used up", limited.Error);
        Assert.Contains("limits.device_time=4s", limited.Error, StringComparison.Ordinal);
        Assert.InRange(Spent(), _limit, TimeSpan.MaxValue);
        Assert.Equal(Recorded<SweepEvent.TrialLeased>().Count, Recorded<SweepEvent.AttemptEnded>().Count);
        Assert.InRange(Recorded<SweepEvent.TrialEnded>().Count, 1, Trials - 1);
        var told = Recorded<SweepEvent.MetricReported>().Where(metric => !metric.Values.IsEmpty).ToLookup(metric => metric.Attempt.Trial);
        foreach (var (trial, metrics) in told.Select(each => (each.Key, each.ToList())))
        {
            Assert.Equal(Enumerable.Range(1, metrics.Count), metrics.Select(metric => metric.Step));
            Assert.Equal(
                metrics.Select(metric => (trial.Number + 1) * 100.0 + metric.Step), metrics.Select(metric => metric.Values["score"]));
        }

        foreach (var finished in Recorded<SweepEvent.AttemptEnded>().Select(ended => ended.Outcome).OfType<AttemptOutcome.Finished>())
        {
            var steps = File.ReadLines(Path.Combine(_data, finished.Result.Artefact!, "steps"));
            Assert.Equal(Enumerable.Range(1, Steps).Select(step => $"{step}"), steps);
        }

        Assert.All(Recorded<SweepEvent.TrialEnded>(), ended => Assert.Equal(Steps, told[ended.Trial].Count()));
    }

    [Fact]
    public async Task Draining_lets_what_runs_come_to_its_rung_and_begins_nothing()
    {
        var drained = await OrchestratorProcess.RunAsync(
            Command(
                "limits.at_limit=drain", "limits.device_time=1s", "scheduler={ type: asha, probes: 0, min_steps: 2 }"));

        Assert.True(drained.ExitCode == 4, drained.Error);
        Assert.Empty(OrchestratorProcess.Of(_data));
        var paused = Assert.Single(Recorded<SweepEvent.SweepPaused>());
        Assert.Equal((false, true), (paused.StopRunning, paused.AtLimit));
        var events = Events().Select(recorded => recorded.Event).ToList();
        Assert.DoesNotContain(events.SkipWhile(each => each != paused), each => each is SweepEvent.TrialLeased);
        Assert.All(Recorded<SweepEvent.AttemptEnded>(), ended =>
            Assert.True(ended.Outcome is AttemptOutcome.Rested { Step: 2 } or AttemptOutcome.Finished));
        Assert.Equal(Recorded<SweepEvent.TrialLeased>().Count, Recorded<SweepEvent.AttemptEnded>().Count);
    }

    private string[] Command(params string[] overrides) =>
    [
        "run", Path.Combine(AppContext.BaseDirectory, "Sweeps", "limited.yaml"), "--data", _data,
        .. overrides.SelectMany(each => (string[])["--set", each]),
    ];

    /// <summary>Device time by the events: of attempts that are over, and of others until their last sign of life.</summary>
    private TimeSpan Spent()
    {
        var time = new DeviceTime();
        foreach (var recorded in Events())
            time.Apply(recorded);
        return time.Total(default, new HashSet<AttemptId>());
    }

    private List<T> Recorded<T>() where T : SweepEvent => [.. Events().Select(recorded => recorded.Event).OfType<T>()];

    private List<RecordedEvent> Events()
    {
        using var store = LiteDbStore.OpenForReading(_data);
        return [.. store.Read("limited")];
    }
}

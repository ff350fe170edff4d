using System.Diagnostics;
using Experiments.Storage;
using Experiments.Trials;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>
/// Real processes of a short sweep are killed at random moments: a worker, the coordinator, all of them. In the end
/// nothing is lost, repeated or left behind, and the comparison is that of an undisturbed run, bit for bit.
/// </summary>
public sealed class KillStormTests(ITestOutputHelper output) : IDisposable
{
    private const int Rounds = 20;
    private readonly string _folder = Directory.CreateTempSubdirectory("storm-").FullName;
    private readonly Random _random = new(20260101);
    private readonly string _sweep = Path.Combine(AppContext.BaseDirectory, "Sweeps", "storm.yaml");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_sweep_that_is_killed_again_and_again_ends_as_the_undisturbed_one()
    {
        var undisturbed = DataFolder("undisturbed");
        Assert.Equal(0, (await OrchestratorProcess.RunAsync("run", _sweep, "--data", undisturbed)).ExitCode);
        var expected = await Comparison.Of("storm", undisturbed);

        var kills = 0;
        for (var storm = 0; kills < Rounds; storm++)
        {
            var data = DataFolder($"storm-{storm}");
            SharedCache.Copy(undisturbed, data);
            kills += await RunUnderFire(data, Rounds - kills);

            var actual = await Comparison.Of("storm", data);
            Assert.Equal(expected, actual);
            AssertEverythingOnce(data);
            Assert.Empty(OrchestratorProcess.Of(data));
        }
    }

    /// <summary>Runs the sweep to its end, killing at random moments until the kills are used up. Returns their number.</summary>
    private async Task<int> RunUnderFire(string data, int killsLeft)
    {
        for (var kills = 0; ; kills++)
        {
            await using var run = OrchestratorProcess.Start("run", _sweep, "--data", data);
            if (kills < killsLeft && !await EndsWithin(run, TimeSpan.FromMilliseconds(_random.Next(500, 9000))))
            {
                var victim = KillSomebody(run, data);
                output.WriteLine($"{Path.GetFileName(data)}: kill {kills + 1}: {victim}");
                if (victim == "worker" && !await EndsWithin(run, TimeSpan.FromMilliseconds(_random.Next(500, 4000))))
                    run.Kill();
                await run.WaitForExitAsync();
                continue;
            }

            var exitCode = await run.WaitForExitAsync();
            Assert.True(exitCode == 0, $"exit {exitCode}\n{run.Error}");
            return kills;
        }
    }

    private string KillSomebody(OrchestratorProcess run, string data)
    {
        var workers = OrchestratorProcess.Of(data).Where(id => id != run.Id).ToList();
        switch (_random.Next(3))
        {
            case 0 when workers.Count > 0:
                Kill(workers[_random.Next(workers.Count)]);
                return "worker";
            case 1:
                run.Kill();
                return "coordinator";
            default:
                run.Kill();
                workers.ForEach(Kill);
                return "all";
        }
    }

    private static void AssertEverythingOnce(string data)
    {
        using var store = LiteDbStore.OpenForReading(data);
        var events = store.Read("storm").Select(recorded => recorded.Event).ToList();

        var measured = events.OfType<SweepEvent.MetricReported>()
            .SelectMany(metric => metric.Values.Keys.Select(name => (metric.Attempt.Trial, metric.Step, name)))
            .ToList();
        Assert.Equal(measured.Count, measured.Distinct().Count());
        Assert.All(store.Trials("storm"), trial => Assert.Equal(TrialState.Completed, trial.State));
        Assert.Equal(store.Trials("storm").Count, events.OfType<SweepEvent.TrialEnded>().Count());
    }

    private static async Task<bool> EndsWithin(OrchestratorProcess process, TimeSpan time)
    {
        var ended = process.WaitForExitAsync();
        return await Task.WhenAny(ended, Task.Delay(time)) == ended;
    }

    private static void Kill(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
        }
        catch (ArgumentException)
        {
            // It ended by itself in the meantime.
        }
    }

    private string DataFolder(string name) => Path.Combine(_folder, name);
}

using System.Diagnostics;
using Experiments.Storage;
using Experiments.Trials;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>
/// Real processes of a short sweep are killed at random moments: a worker, the coordinator, all of them. In the end
/// nothing is lost, repeated or left behind, and all ended as in an undisturbed run, bit for bit.
/// </summary>
/// <param name="sweep">Name of the sweep and of its file.</param>
/// <param name="longest">Longest time between two kills.</param>
/// <param name="seed">Seed of times and victims.</param>
/// <param name="output">Is told of each kill.</param>
internal sealed class KillStorm(string sweep, TimeSpan longest, int seed, ITestOutputHelper output) : IDisposable
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(500);
    private readonly string _folder = Directory.CreateTempSubdirectory("storm-").FullName;
    private readonly Random _random = new(seed);
    private readonly string _file = Path.Combine(AppContext.BaseDirectory, "Sweeps", $"{sweep}.yaml");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Runs the sweep undisturbed, then under that many kills, as often as it takes, and compares.</summary>
    public async Task BlowAsync(int kills)
    {
        var undisturbed = DataFolder("undisturbed");
        Assert.Equal(0, (await OrchestratorProcess.RunAsync("run", _file, "--data", undisturbed)).ExitCode);
        var expected = await Comparison.Of(sweep, undisturbed);
        var (ends, exploits) = (Ends(undisturbed), Exploits(undisturbed));
        output.WriteLine($"{exploits.Count} trials went over to another.");

        var killed = 0;
        for (var storm = 0; killed < kills; storm++)
        {
            var data = DataFolder($"storm-{storm}");
            SharedCache.Copy(undisturbed, data);
            killed += await RunUnderFire(data, kills - killed);

            Assert.Equal(ends, Ends(data));
            Assert.Equal(exploits, Exploits(data));
            Assert.Equal(expected, await Comparison.Of(sweep, data));
            Assert.Empty(OrchestratorProcess.Of(data));
        }
    }

    /// <summary>Runs the sweep to its end, killing at random moments until the kills are used up. Returns their number.</summary>
    private async Task<int> RunUnderFire(string data, int killsLeft)
    {
        for (var kills = 0; ; kills++)
        {
            await using var run = OrchestratorProcess.Start("run", _file, "--data", data);
            if (kills < killsLeft && !await EndsWithin(run, Moment(longest)))
            {
                var victim = KillSomebody(run, data);
                output.WriteLine($"{Path.GetFileName(data)}: kill {kills + 1}: {victim}");
                if (victim == "worker" && !await EndsWithin(run, Moment(longest / 2)))
                    run.Kill();
                await run.WaitForExitAsync();
                continue;
            }

            var exitCode = await run.WaitForExitAsync();
            Assert.True(exitCode == 0, $"exit {exitCode}\n{run.Error}");
            return kills;
        }
    }

    private TimeSpan Moment(TimeSpan latest) => Shortest + (_random.NextDouble() * (latest - Shortest));

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

    /// <summary>How each trial ended, after checks that it ended once and that each of its values is recorded once.</summary>
    private List<(TrialId Trial, TrialState State)> Ends(string data)
    {
        using var store = LiteDbStore.OpenForReading(data);
        var events = store.Read(sweep).Select(recorded => recorded.Event).ToList();
        var measured = events.OfType<SweepEvent.MetricReported>()
            .SelectMany(metric => metric.Values.Keys.Select(name => (metric.Attempt.Trial, metric.Step, name)))
            .ToList();
        Assert.Equal(measured.Count, measured.Distinct().Count());

        var ends = events.OfType<SweepEvent.TrialEnded>().Select(ended => (ended.Trial, ended.State)).Order().ToList();
        Assert.Equal(store.Trials(sweep).Select(trial => (trial.Trial, trial.State)), ends);
        return ends;
    }

    /// <summary>Which trial went on from which, at what step, with what.</summary>
    private List<(TrialId Trial, int Step, TrialId Donor, string Values)> Exploits(string data)
    {
        using var store = LiteDbStore.OpenForReading(data);
        return [.. store.Read(sweep).Select(recorded => recorded.Event).OfType<SweepEvent.TrialExploited>()
            .Select(each => (each.Trial, each.Checkpoint.Step, each.Donor, each.Configuration.ToString()))
            .Order()];
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

using System.Threading.Channels;
using Experiments.Storage;
using Experiments.SweepFiles;
using Experiments.Trials;
using GpuActors.Coordination;
using GpuActors.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GpuActors.Tests.Nodes;

/// <summary>Programs that are run from the coordinator's own process.</summary>
public sealed class ProgramSlotsTests : IDisposable
{
    private const string Waits = """echo '{"step": 1, "score": 1}'; while :; do sleep 0.05; done""";

    private readonly string _data = Directory.CreateTempSubdirectory("slots-").FullName;
    private readonly Channel<SweepNotice> _notices = Channel.CreateUnbounded<SweepNotice>();
    private readonly CancellationTokenSource _interrupt = new();
    private readonly CancellationTokenSource _abort = new();

    public void Dispose()
    {
        _interrupt.Dispose();
        _abort.Dispose();
        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task A_sweep_comes_to_its_end_and_leaves_no_record_of_workers_or_programs()
    {
        var outcome = await RunAsync("""echo '{"step": 1, "score": ${index}}'""", trials: 3);

        Assert.Equal(("done", true), (outcome.Reason, outcome.IsComplete));
        Assert.Equal(2, Recorded<SweepEvent.TrialLeased>().Select(leased => leased.Worker).Distinct().Count());
        Assert.All(Recorded<SweepEvent.AttemptEnded>(), ended => Assert.IsType<AttemptOutcome.Finished>(ended.Outcome));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_data, "workers"), "*.json", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task An_interrupt_pauses_what_runs()
    {
        var run = RunAsync(Waits, trials: 1);
        await MeasuredAsync();

        await _interrupt.CancelAsync();

        Assert.False((await run).IsComplete);
        Assert.IsType<AttemptOutcome.Paused>(Assert.Single(Recorded<SweepEvent.AttemptEnded>()).Outcome);
    }

    [Fact]
    public async Task An_abort_kills_what_does_not_heed_it_and_leaves_its_worker_to_the_next_run()
    {
        var process = Path.Combine(_data, "process");
        var run = RunAsync($"trap '' TERM; echo $$ > {process}; {Waits}", trials: 1);
        await MeasuredAsync();
        var program = ProcessIdentity.Of(int.Parse(await File.ReadAllTextAsync(process), null))!;

        await _abort.CancelAsync();

        Assert.False((await run).IsComplete);
        Assert.NotEqual(program, ProcessIdentity.Of(program.Id));
        Assert.Empty(Recorded<SweepEvent.AttemptEnded>());
        var holder = Assert.Single(Recorded<SweepEvent.TrialLeased>()).Worker;
        Assert.True(File.Exists(Path.Combine(_data, "workers", Environment.MachineName, $"{holder}.json")));
    }

    private async Task<SweepOutcome> RunAsync(string script, int trials)
    {
        var yaml = $$"""
            command: [sh, -c, "{{script.Replace("\"", "\\\"", StringComparison.Ordinal)}}"]
            metric: { name: score, goal: maximize }
            parameters: { index: { low: 1, high: {{trials}} } }
            sampler: grid
            """;
        var spec = SweepFile.Parse(yaml, "slots.yaml", new AdapterCatalogue());
        var settings = new CoordinatorSettings
        {
            Sweep = spec.Name,
            CreateLedger = () => new SweepLedger(spec, new AdapterCatalogue()),
            OpenStore = () => LiteDbStore.Open(_data, _ => { }),
            DataFolder = _data,
            Notices = _notices.Writer,
            Logging = NullLoggerFactory.Instance,
            Devices = ["cpu:0", "cpu:1"],
            Trains = false,
        };
        return await new CoordinatorHost(settings, TimeProvider.System).RunAsync(_interrupt.Token, _abort.Token);
    }

    private async Task MeasuredAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await foreach (var notice in _notices.Reader.ReadAllAsync(limit.Token))
        {
            if (notice is SweepNotice.Recorded { Event.Event: SweepEvent.MetricReported })
                return;
        }
    }

    private List<T> Recorded<T>()
        where T : SweepEvent
    {
        using var store = LiteDbStore.OpenForReading(_data);
        return [.. store.Read("slots").Select(recorded => recorded.Event).OfType<T>()];
    }
}

using System.Threading.Channels;
using Experiments.Sweeps;
using GpuActors.Coordination;
using GpuActors.Nodes;
using Microsoft.Extensions.Logging.Abstractions;

namespace GpuActors.Tests.Doubles;

/// <summary>A coordinator and workers that are members of a real cluster on the loopback address, in this process.</summary>
internal sealed class LoopbackCluster : IAsyncDisposable
{
    private readonly string _dataFolder = Directory.CreateTempSubdirectory("cluster-").FullName;
    private readonly List<IAsyncDisposable> _workers = [];
    private CancellationTokenSource _interrupt = new();
    private CancellationTokenSource _abort = new();
    private Task<SweepOutcome> _run = Task.FromResult(new SweepOutcome("", IsComplete: false));

    private string Address => $"127.0.0.1:{Port}";

    /// <summary>The port of the coordinator; 0 before the first is started.</summary>
    public int Port { get; private set; }

    /// <summary>What is recorded, whatever dies.</summary>
    public Disk Disk { get; } = new();

    /// <summary>What the coordinator has said.</summary>
    public Channel<SweepNotice> Notices { get; } = Channel.CreateUnbounded<SweepNotice>();

    /// <summary>Starts a coordinator, or the next one at the address of the last.</summary>
    public async Task<CoordinatorHost> StartAsync(SweepSpec spec)
    {
        (_interrupt, _abort) = (new(), new());
        var host = new CoordinatorHost(
            new CoordinatorSettings
            {
                Sweep = spec.Name,
                CreateLedger = () => TestSweep.Ledger(spec),
                OpenStore = Disk.Open,
                DataFolder = _dataFolder,
                Notices = Notices.Writer,
                Logging = NullLoggerFactory.Instance,
                Port = Port,
                BeatEvery = TimeSpan.FromMilliseconds(200),
            },
            TimeProvider.System);
        _run = host.RunAsync(_interrupt.Token, _abort.Token);
        var listening = await NoticeAsync<SweepNotice.Listening>();
        Port = listening.Port;
        return host;
    }

    /// <summary>Interrupts the coordinator, as Ctrl-C does.</summary>
    public Task InterruptAsync() => _interrupt.CancelAsync();

    /// <summary>Ends the coordinator without letting anything save.</summary>
    public async Task AbortAsync()
    {
        await _abort.CancelAsync();
        await ((Task)_run).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>How the run ended.</summary>
    public Task<SweepOutcome> OutcomeAsync() => _run.WaitAsync(TimeSpan.FromSeconds(60));

    /// <summary>Starts a worker.</summary>
    public LoopbackWorker StartWorker(string id)
    {
        var worker = new LoopbackWorker(id, Address, _dataFolder);
        _workers.Add(worker);
        return worker;
    }

    /// <summary>Starts a worker as its own process would run it.</summary>
    public LoopbackWorkerHost StartWorkerHost(
        string id, Func<WorkerSettings, WorkerSettings>? change = null, ManualTrialRunner? runner = null)
    {
        var worker = new LoopbackWorkerHost(id, Address, _dataFolder, runner ?? new ManualTrialRunner(), change);
        _workers.Add(worker);
        return worker;
    }

    /// <summary>The next thing of that kind that the coordinator says.</summary>
    public async Task<T> NoticeAsync<T>(Func<T, bool>? expected = null) where T : SweepNotice
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await foreach (var notice in Notices.Reader.ReadAllAsync(limit.Token))
        {
            if (notice is T wanted && expected?.Invoke(wanted) != false)
                return wanted;
        }

        throw new InvalidOperationException("The coordinator says nothing more.");
    }

    public async ValueTask DisposeAsync()
    {
        await AbortAsync();
        foreach (var worker in _workers)
            await worker.DisposeAsync();
        _interrupt.Dispose();
        _abort.Dispose();
        Directory.Delete(_dataFolder, recursive: true);
    }
}

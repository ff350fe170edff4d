using System.Threading.Channels;
using Akka.Actor;
using Akka.TestKit.Xunit;
using Experiments.Samplers;
using Experiments.Sweeps;
using Experiments.Trials;
using GpuActors.Coordination;
using GpuActors.Protocol;
using static GpuActors.Protocol.WorkerProtocol;

namespace GpuActors.Tests.Doubles;

/// <summary>A coordinator with a store in memory, a clock that a test moves, and workers that it speaks for.</summary>
public abstract class CoordinatorTestKit : TestKit
{
    internal const string FolderId = "folder";
    private protected static readonly TimeSpan BeatEvery = TimeSpan.FromSeconds(1);
    private protected static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);
    private StoreWriter _store = null!; // there from InitializeAsync on

    private protected CoordinatorTestKit() : base("akka.loglevel = WARNING")
    {
    }

    private protected ManualTime Time { get; } = new();

    private protected Disk Disk { get; } = new();

    private protected Channel<SweepNotice> Notices { get; } = Channel.CreateUnbounded<SweepNotice>();

    private protected TaskCompletionSource<SweepOutcome> Ended { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private protected TaskCompletionSource<Exception> Failed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private protected List<string> Deleted { get; } = [];

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await OpenAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected IEnumerable<T> Recorded<T>() where T : SweepEvent => Disk.Events.Select(recorded => recorded.Event).OfType<T>();

    private protected IActorRef Start(
        SweepSpec spec, ISampler? sampler = null, SweepEvent.HistoryImported? earlier = null) => Sys.ActorOf(SweepCoordinator.Props(
        new SweepCoordinatorSettings
        {
            Sweep = TestSweep.Name,
            CreateLedger = () => TestSweep.Ledger(spec, sampler),
            FindEarlier = _ => earlier,
            DataFolder = "/data",
            DataFolderId = FolderId,
            Notices = Notices.Writer,
            DeleteCheckpoints = Deleted.AddRange,
            DeleteAllCheckpoints = (trial, _) => Deleted.Add($"all of {trial}"),
            Ended = outcome => Ended.TrySetResult(outcome),
            Failed = failure => Failed.TrySetResult(failure),
            Crashed = failure => Failed.TrySetResult(failure),
            BeatEvery = BeatEvery,
            Lease = Lease,
        },
        _store,
        Time));

    /// <summary>Ends a coordinator and opens the store anew, as the next one will find it.</summary>
    private protected async Task RestartAsync(IActorRef coordinator)
    {
        await coordinator.GracefulStop(RemainingOrDefault);
        await _store.DisposeAsync();
        await OpenAsync();
    }

    private protected async Task<ManualWorker> JoinAsync(IActorRef coordinator, string id)
    {
        var worker = new ManualWorker(CreateTestProbe(), id, coordinator);
        worker.Hello(null);
        await worker.Probe.ExpectMsgAsync<Welcome>();
        return worker;
    }

    /// <summary>Lets all leases run out but that of one worker, which beats.</summary>
    private protected async Task ExpireAllBut(ManualWorker worker)
    {
        for (var passed = TimeSpan.Zero; passed <= Lease + BeatEvery; passed += BeatEvery)
        {
            Time.Advance(BeatEvery);
            await worker.BeatAsync();
        }
    }

    /// <summary>Asks how the sweep stands until that is as expected.</summary>
    private protected static async Task<SweepProtocol.Status> StatusAsync(IActorRef coordinator, Func<SweepProtocol.Status, bool> expected)
    {
        while (true)
        {
            var status = await coordinator.Ask<SweepProtocol.Status>(new SweepProtocol.GetStatus(), TimeSpan.FromSeconds(3));
            if (expected(status))
                return status;
            await Task.Yield();
        }
    }

    private async Task OpenAsync() => _store = await StoreWriter.OpenAsync(Disk.Open, Time, TimeSpan.FromMilliseconds(1));
}

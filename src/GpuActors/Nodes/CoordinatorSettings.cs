using System.Collections.Immutable;
using System.Threading.Channels;
using Experiments.Storage;
using Experiments.Trials;
using GpuActors.Coordination;
using Microsoft.Extensions.Logging;

namespace GpuActors.Nodes;

/// <summary>What a coordinator process is given.</summary>
public sealed record CoordinatorSettings
{
    /// <summary>Name of the sweep.</summary>
    public required string Sweep { get; init; }

    /// <summary>Makes the sweep's ledger, which knows no events yet. Called again when the coordinator begins anew.</summary>
    public required Func<SweepLedger> CreateLedger { get; init; }

    /// <summary>Finds in the store what a new sweep should know of earlier ones, or null for nothing.</summary>
    public Func<IExperimentStore, SweepEvent.HistoryImported?> FindEarlier { get; init; } = _ => null;

    /// <summary>Opens the store, for this process alone.</summary>
    public required Func<IExperimentStore> OpenStore { get; init; }

    /// <summary>Starts what lives beside the coordinator and may ask its store, if anything; ended before the store closes.</summary>
    public Func<StoreWriter, Task<IAsyncDisposable?>>? Beside { get; init; }

    /// <summary>The data folder, which all workers see too.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Where those who watch read; unbounded, as nobody waits for them.</summary>
    public required ChannelWriter<SweepNotice> Notices { get; init; }

    /// <summary>Where it logs to.</summary>
    public required ILoggerFactory Logging { get; init; }

    /// <summary>Address that workers reach it by. Messages are neither encrypted nor authenticated, so it is the loopback
    /// address unless the network is trusted.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>Port to listen on; 0 for any that is free.</summary>
    public int Port { get; init; }

    /// <summary>Devices of this machine, each of which gets a worker; empty where only other machines work.</summary>
    public ImmutableArray<string> Devices { get; init; } = [];

    /// <summary>Threads of one operation on the CPU, in each worker of this machine.</summary>
    public int ThreadsPerWorker { get; init; } = 1;

    /// <summary>Whether there are trainings in the sweep; programs alone are run from the coordinator's own process.</summary>
    public bool Trains { get; init; } = true;

    /// <summary>How this program is started as a worker.</summary>
    public ProgramPath Program { get; init; } = ProgramPath.Current;

    /// <summary>Arguments of every worker of this machine besides its settings, for example where to log to.</summary>
    public ImmutableArray<string> WorkerArguments { get; init; } = [];

    /// <summary>How often a worker gives a sign of life.</summary>
    public TimeSpan BeatEvery { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a worker may be silent before its attempt is given to another.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long attempts may take to save when the run is interrupted.</summary>
    public TimeSpan DrainWithin { get; init; } = TimeSpan.FromSeconds(30);
}

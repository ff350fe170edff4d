using System.Threading.Channels;
using Experiments.Storage;
using Experiments.Trials;

namespace GpuActors.Coordination;

/// <summary>What a coordinator is given.</summary>
internal sealed record SweepCoordinatorSettings
{
    /// <summary>Name of the sweep.</summary>
    public required string Sweep { get; init; }

    /// <summary>Makes a ledger that knows no events yet.</summary>
    public required Func<SweepLedger> CreateLedger { get; init; }

    /// <summary>Finds in the store what a new sweep should know of earlier ones, or null for nothing.</summary>
    public Func<IExperimentStore, SweepEvent.HistoryImported?> FindEarlier { get; init; } = _ => null;

    /// <summary>The data folder, for people.</summary>
    public required string DataFolder { get; init; }

    /// <summary>The mark of the data folder, which workers must see too.</summary>
    public required string DataFolderId { get; init; }

    /// <summary>Where those who watch read; never full.</summary>
    public required ChannelWriter<SweepNotice> Notices { get; init; }

    /// <summary>Deletes checkpoints, given relative to the data folder, in the background.</summary>
    public required Action<IEnumerable<string>> DeleteCheckpoints { get; init; }

    /// <summary>Deletes all checkpoints of a trial that has ended well or for good, but for some folders, in the background.</summary>
    public required Action<TrialId, IReadOnlyCollection<string>> DeleteAllCheckpoints { get; init; }

    /// <summary>Is told that there is nothing left to do, or that the sweep holds; the process may end.</summary>
    public required Action<SweepOutcome> Ended { get; init; }

    /// <summary>Is told why the coordinator cannot go on at all.</summary>
    public required Action<Exception> Failed { get; init; }

    /// <summary>Is told of a bug that made the coordinator begin anew from what is recorded.</summary>
    public required Action<Exception> Crashed { get; init; }

    /// <summary>How often a worker gives a sign of life.</summary>
    public TimeSpan BeatEvery { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a worker may be silent before its attempt is given to another.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>How a run of a sweep ended.</summary>
/// <param name="Reason">Why.</param>
/// <param name="IsComplete">Whether nothing is left to do; else the same command goes on with it.</param>
public sealed record SweepOutcome(string Reason, bool IsComplete)
{
    /// <summary>What goes on with it besides the same command, as <c>--set</c> takes it; null where nothing else is needed.</summary>
    public string? Raise { get; init; }
}

using Experiments.Storage;
using Experiments.Trials;
using GpuActors.Protocol;

namespace GpuActors.Coordination;

/// <summary>What the coordinator lets those know who watch: people and logs. Nothing is decided by it.</summary>
public abstract record SweepNotice
{
    private SweepNotice()
    {
    }

    /// <summary>An event of the sweep, durable now. All come, in order, each once; <paramref name="Live"/> is false for those of
    /// earlier runs, which come first.</summary>
    public sealed record Recorded(RecordedEvent Event, bool Live) : SweepNotice;

    /// <summary>The coordinator has taken in what was recorded, which took that long, and begins.</summary>
    public sealed record CoordinatorStarted(long Term, TimeSpan Replay) : SweepNotice;

    /// <summary>The coordinator can be joined at that address.</summary>
    public sealed record Listening(string Host, int Port) : SweepNotice;

    /// <summary>How far an attempt has come.</summary>
    public sealed record Progressed(AttemptId Attempt, Progress Progress) : SweepNotice;

    /// <summary>A worker is there, for the first time or again.</summary>
    public sealed record WorkerJoined(WorkerInfo Worker) : SweepNotice;

    /// <summary>A worker is gone.</summary>
    public sealed record WorkerLeft(WorkerInfo Worker, string Reason) : SweepNotice;

    /// <summary>Events were committed, which took that long.</summary>
    public sealed record Committed(int Events, TimeSpan Elapsed) : SweepNotice;

    /// <summary>The store takes nothing at the moment (a full disk, for example) and is tried again; null when it goes on.</summary>
    public sealed record StoreTroubled(string? Reason) : SweepNotice;
}

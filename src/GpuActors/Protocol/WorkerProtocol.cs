using Experiments.Sweeps;
using Experiments.Trials;

namespace GpuActors.Protocol;

/// <summary>
/// What a worker and the coordinator say to each other; nothing else is sent. Every order carries the coordinator's term:
/// a worker ignores those of a lower term than it has seen. Every word about work names its attempt: whatever names
/// another one is dropped or fenced. All of it may arrive twice or not at all; beats find out what was lost.
/// </summary>
public static class WorkerProtocol
{
    // said by the worker

    /// <summary>Here I am, with this in hand, and this is the mark of my data folder; "" where it has none. Said until a
    /// <see cref="Welcome"/> comes.</summary>
    public sealed record Hello(WorkerInfo Worker, long SeenTerm, SweepAttempt? InHand, string DataFolder);

    /// <summary>Still here: renews the lease. An attempt is in hand until its end is acknowledged.</summary>
    public sealed record Beat(string Worker, long SeenTerm, SweepAttempt? InHand, Progress? Progress);

    /// <summary>A report on an attempt, numbered from 1 without gaps, sent again until it is acknowledged; with
    /// <paramref name="Then"/>, those that are numbered on from it.</summary>
    public sealed record Reported(
        string Worker, SweepAttempt Attempt, long Sequence, Report Report, EquatableArray<Report>? Then = null)
    {
        /// <summary>All of its reports, each with its number.</summary>
        public IEnumerable<(long Sequence, Report Report)> Numbered() =>
            Then.GetValueOrDefault().Prepend(Report).Select((report, index) => (Sequence + index, report));
    }

    /// <summary>I go; my lease may be closed.</summary>
    public sealed record Goodbye(string Worker, string Reason);

    // said by the coordinator

    /// <summary>You are known. Say a <see cref="Beat"/> at this interval.</summary>
    public sealed record Welcome(long Term, TimeSpan BeatEvery);

    /// <summary>You cannot work here, for this reason: end.</summary>
    public sealed record Refuse(long Term, string Reason);

    /// <summary>A beat was heard.</summary>
    public sealed record Heard(long Term);

    /// <summary>A beat or report came from a worker that this coordinator does not know: say <see cref="Hello"/>.</summary>
    public sealed record WhoAreYou(long Term);

    /// <summary>Begin. An attempt that is in hand or was the last one in hand is not begun again. What another one in hand has
    /// reported to its end is recorded for good.</summary>
    public sealed record Assign(long Term, Assignment Assignment);

    /// <summary>Reports up to that number are recorded for good.</summary>
    public sealed record Acknowledge(long Term, SweepAttempt Attempt, long Sequence);

    /// <summary>Send again from that number.</summary>
    public sealed record Resend(long Term, SweepAttempt Attempt, long From);

    /// <summary>The attempt is not the newest of its trial: stop at once and discard what is unsaid.</summary>
    public sealed record Fence(long Term, SweepAttempt Attempt);

    /// <summary>Stop, after saving a checkpoint or without.</summary>
    public sealed record Stop(long Term, SweepAttempt Attempt, bool Save);
}

/// <summary>An attempt, told apart from one of the same number in another sweep.</summary>
public readonly record struct SweepAttempt(string Sweep, AttemptId Attempt)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Sweep}/{Attempt}";
}

/// <summary>How far an attempt has come, for people: never recorded, may be lost.</summary>
/// <param name="Step">Steps made.</param>
/// <param name="Steps">Steps to make in all.</param>
/// <param name="Phase">What is being done, for example <c>training</c>.</param>
public sealed record Progress(int Step, int Steps, string Phase);

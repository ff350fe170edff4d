using Experiments.Trials;
using GpuActors.Protocol;
using Microsoft.Extensions.Logging;

namespace GpuActors.Workers;

/// <summary>
/// One attempt under way: runs on the training thread, puts what happens into its outbox, and outlives the actor that
/// began it when its actor system ends and joins again.
/// </summary>
internal sealed partial class AttemptRun(Assignment assignment, ITrialRunner runner, int outboxCapacity, TimeProvider time, ILogger log)
    : IAttemptObserver, IDisposable
{
    private readonly CancellationTokenSource _save = new();
    private readonly CancellationTokenSource _now = new();
    private volatile Action? _changed;
    private volatile Progress? _progress;
    private volatile bool _over;
    private int _newestCheckpoint;

    /// <summary>What is being done.</summary>
    public Assignment Assignment { get; } = assignment;

    /// <summary>Its name on the wire.</summary>
    public SweepAttempt Id { get; } = new(assignment.Sweep, assignment.Attempt);

    /// <summary>What is still to be recorded.</summary>
    public Outbox Outbox { get; } = new(outboxCapacity);

    /// <summary>How far it has come.</summary>
    public Progress? Progress => _progress;

    /// <summary>Whether the training thread is done with it; its last report is in the outbox then.</summary>
    public bool Over => _over;

    /// <summary>Whether nobody will record what it says.</summary>
    public bool Fenced { get; private set; }

    /// <summary>Why the device cannot be used again, once it is over; null while it can.</summary>
    public string? DeviceLost { get; private set; }

    /// <summary>Who is told, on the training thread, that the outbox has grown or the run is over.</summary>
    public void Notify(Action changed)
    {
        _changed = changed;
        changed();
    }

    /// <summary>Asks it to save and stop.</summary>
    public void StopAndSave()
    {
        Outbox.LiftBound();
        _save.Cancel();
    }

    /// <summary>Asks it to stop within a step.</summary>
    public void StopNow()
    {
        Outbox.LiftBound();
        _now.Cancel();
    }

    /// <summary>Stops it, and drops all that it has said and will say.</summary>
    public void Fence()
    {
        Fenced = true;
        Outbox.Close();
        _now.Cancel();
    }

    /// <summary>Does the work. Never throws.</summary>
    public void Run()
    {
        var begun = time.GetTimestamp();
        AttemptOutcome outcome;
        try
        {
            outcome = runner.Run(Assignment, this, new StopWishes(_save.Token, _now.Token));
        }
        catch (OperationCanceledException) when (_now.IsCancellationRequested || _save.IsCancellationRequested)
        {
            outcome = new AttemptOutcome.Paused(_newestCheckpoint);
        }
#pragma warning disable CA1031 // Whatever a trial throws fails that trial, with its cause, and no other.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogFailure(log, Id, failure);
            outcome = Failures.Outcome(failure);
            DeviceLost = Failures.IsDeviceLost(failure) ? failure.Message : null;
        }

        Outbox.Add(new Report.Ended(outcome, time.GetElapsedTime(begun)));
        _over = true; // after the last report is in, so that an empty outbox of a run that is over is the end of it
        _changed?.Invoke();
    }

    /// <summary>Frees what wishes to stop hang on; the run is over.</summary>
    public void Dispose()
    {
        _save.Dispose();
        _now.Dispose();
    }

    void IAttemptObserver.Started(int fromStep, string? warning)
    {
        _newestCheckpoint = fromStep;
        Report(new Report.Started(Environment.ProcessId, fromStep, warning));
    }

    void IAttemptObserver.Measured(int step, IReadOnlyDictionary<string, double> values) =>
        Report(new Report.Measured(step, Metrics.Sorted(values)));

    void IAttemptObserver.Saved(int step, string folder, long bytes)
    {
        _newestCheckpoint = step;
        Report(new Report.Saved(step, folder, bytes));
    }

    void IAttemptObserver.Progressed(Progress progress) => _progress = progress;

    private void Report(Report report)
    {
        Outbox.Add(report);
        _changed?.Invoke();
    }

    [LoggerMessage(LogLevel.Warning, "Attempt {Attempt} failed")]
    private static partial void LogFailure(ILogger log, SweepAttempt attempt, Exception failure);
}

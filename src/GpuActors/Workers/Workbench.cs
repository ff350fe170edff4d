using Experiments.Trials;
using GpuActors.Protocol;
using Microsoft.Extensions.Logging;

namespace GpuActors.Workers;

/// <summary>
/// What a worker process keeps while actor systems come and go: the training thread, the attempt in hand, and what it
/// knows of the coordinator. Only the process's one <see cref="GpuActor"/> changes it.
/// </summary>
internal sealed class Workbench : IDisposable
{
    private readonly TrainingThread _thread = new();
    private readonly ITrialRunner _runner;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly int _outboxCapacity;
    private long _lastHeard;

    public Workbench(ITrialRunner runner, TimeProvider time, ILogger log, int outboxCapacity = 100_000)
    {
        (_runner, _time, _log, _outboxCapacity) = (runner, time, log, outboxCapacity);
        _lastHeard = time.GetTimestamp();
    }

    /// <summary>The attempt in hand, until its end is recorded or it was fenced.</summary>
    public AttemptRun? InHand { get; private set; }

    /// <summary>The attempt that was in hand before.</summary>
    public SweepAttempt? Last { get; private set; }

    /// <summary>The highest term of a coordinator that was heard.</summary>
    public long SeenTerm { get; private set; }

    /// <summary>Time since the coordinator was heard. May be asked from any thread.</summary>
    public TimeSpan Silence => _time.GetElapsedTime(Volatile.Read(ref _lastHeard));

    /// <summary>Takes note of a word of a coordinator.</summary>
    /// <returns>Whether it is the newest coordinator, whose orders are followed.</returns>
    public bool Hear(long term)
    {
        if (term < SeenTerm)
            return false;
        SeenTerm = term;
        Volatile.Write(ref _lastHeard, _time.GetTimestamp());
        return true;
    }

    /// <summary>Loads on the training thread what every attempt needs.</summary>
    /// <param name="ready">Is told that it is loaded, on the training thread.</param>
    /// <param name="failed">Is told why that was not possible, on the training thread.</param>
    public void WarmUp(Action ready, Action<Exception> failed) => _thread.Post(() =>
    {
        try
        {
            _runner.WarmUp();
            ready();
        }
#pragma warning disable CA1031 // A worker that cannot load the library ends with the reason, whatever it is.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            failed(failure);
        }
    });

    /// <summary>Takes an attempt in hand.</summary>
    public AttemptRun Begin(Assignment assignment)
    {
        var run = new AttemptRun(assignment, _runner, _outboxCapacity, _time, _log);
        InHand = run;
        _thread.Post(run.Run);
        return run;
    }

    /// <summary>Puts the attempt away; the training thread is done with it.</summary>
    public void Clear()
    {
        InHand?.Dispose();
        Last = InHand?.Id ?? Last;
        InHand = null;
    }

    /// <summary>Stops the attempt in hand within a step and ends the training thread after it. Its actor is gone.</summary>
    public Task EndAsync()
    {
        InHand?.StopNow();
        Dispose();
        return _thread.End;
    }

    /// <summary>Ends the training thread after what it is at.</summary>
    public void Dispose()
    {
        _thread.Post(_runner.Dispose);
        _thread.Dispose();
    }
}

using Experiments.Trials;
using GpuActors.Protocol;

namespace GpuActors.Workers;

/// <summary>Does the work of attempts, one after the other, always on the same thread.</summary>
public interface ITrialRunner : IDisposable
{
    /// <summary>Loads what every attempt needs, before the first one comes.</summary>
    void WarmUp();

    /// <summary>Does the work on the calling thread and returns when it is done or rests as it was told; what it throws is why
    /// the attempt failed.</summary>
    /// <exception cref="OperationCanceledException">When it was stopped by a wish: it pauses at its newest checkpoint.</exception>
    AttemptOutcome Run(Assignment assignment, IAttemptObserver observer, StopWishes stop);
}

/// <summary>Is told by the thread that works, in order, what happens.</summary>
public interface IAttemptObserver
{
    /// <summary>The work begins after that step. Comes first, once.</summary>
    /// <param name="fromStep">The step.</param>
    /// <param name="warning">What people should know about where it begins, in a sentence; or null.</param>
    void Started(int fromStep, string? warning);

    /// <summary>Values of a step.</summary>
    void Measured(int step, IReadOnlyDictionary<string, double> values);

    /// <summary>A checkpoint lies whole on disk.</summary>
    /// <param name="step">Its step.</param>
    /// <param name="folder">Its folder, relative to the data folder.</param>
    /// <param name="bytes">Its size.</param>
    void Saved(int step, string folder, long bytes);

    /// <summary>How far the work has come, for people.</summary>
    void Progressed(Progress progress);
}

/// <summary>How an attempt is asked to end early.</summary>
/// <param name="Save">Save a checkpoint at the next step, then stop.</param>
/// <param name="Now">Stop within a step, saving nothing.</param>
public readonly record struct StopWishes(CancellationToken Save, CancellationToken Now);

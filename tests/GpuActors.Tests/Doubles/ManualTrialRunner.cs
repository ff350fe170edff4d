using System.Collections.Concurrent;
using System.Threading.Channels;
using Experiments.Trials;
using GpuActors.Workers;

namespace GpuActors.Tests.Doubles;

/// <summary>Works on an attempt as a test says, step by step, on the worker's own training thread.</summary>
internal sealed class ManualTrialRunner(Exception? cannotLoad = null) : ITrialRunner
{
    private readonly Channel<ManualAttempt> _begun = Channel.CreateUnbounded<ManualAttempt>();

    public void WarmUp()
    {
        if (cannotLoad is not null)
            throw cannotLoad;
    }

    public AttemptOutcome Run(Assignment assignment, IAttemptObserver observer, StopWishes stop)
    {
        var attempt = new ManualAttempt(assignment);
        using var wish = stop.Save.Register(attempt.WishSave);
        _begun.Writer.TryWrite(attempt);
        return attempt.Play(observer, stop.Now);
    }

    /// <summary>The next attempt that begins.</summary>
    public ValueTask<ManualAttempt> BegunAsync() => _begun.Reader.ReadAsync();

    public void Dispose() => _begun.Writer.Complete();
}

/// <summary>An attempt that does what it is told to.</summary>
internal sealed class ManualAttempt(Assignment assignment)
{
    private readonly BlockingCollection<Action<IAttemptObserver>> _script = [];
    private readonly TaskCompletionSource _saveWished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private AttemptOutcome? _outcome;

    public Assignment Assignment { get; } = assignment;

    /// <summary>Completes when it is asked to save and stop.</summary>
    public Task SaveWished => _saveWished.Task;

    /// <summary>Completes when it was stopped at once.</summary>
    public Task Stopped => _stopped.Task;

    public void Start(int fromStep = 0) => _script.Add(observer => observer.Started(fromStep, warning: null));

    public void Measure(int step, double loss) =>
        _script.Add(observer => observer.Measured(step, new Dictionary<string, double> { ["train_loss"] = loss }));

    public void Save(int step) => _script.Add(observer =>
        observer.Saved(step, $"sweeps/{Assignment.Sweep}/trials/{Assignment.Attempt}/checkpoints/{step}", 1));

    public void Throw(Exception failure) => _script.Add(_ => throw failure);

    public void Finish(double score = 0.5) => End(_ => _outcome = new AttemptOutcome.Finished(new TrialResult
    {
        Metrics = Metrics.Sorted(new Dictionary<string, double> { ["validation_score"] = score, ["test_score"] = score }),
        Steps = 10,
    }));

    /// <summary>Follows the wish to stop.</summary>
    public void Pause() => End(_ => throw new OperationCanceledException());

    internal void WishSave() => _saveWished.TrySetResult();

    internal AttemptOutcome Play(IAttemptObserver observer, CancellationToken now)
    {
        try
        {
            foreach (var act in _script.GetConsumingEnumerable(now))
                act(observer);
        }
        catch (OperationCanceledException)
        {
            _stopped.TrySetResult();
            throw;
        }

        return _outcome ?? throw new InvalidOperationException("The script ended without a result.");
    }

    private void End(Action<IAttemptObserver> end)
    {
        _script.Add(end);
        _script.CompleteAdding();
    }
}

using Adapters.Checkpoints;
using Adapters.Methods;
using Adapters.Runtime;
using Adapters.Tasks;
using Adapters.Training.Optimizers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Adapters.Training;

/// <summary>
/// Trains an adapter on a task. What a step computes is a function of the state before it, the seed and the step's
/// number, so a training that was stopped and resumed anywhere ends with the same bits as one that was not.
/// </summary>
/// <param name="adapter">What is trained, attached to its base model.</param>
/// <param name="task">What is learnt.</param>
/// <param name="options">How it is trained.</param>
/// <param name="seed">Seed of data order, dropout and noise.</param>
public sealed class Trainer(Adapter adapter, LearningTask task, TrainingOptions options, ulong seed)
{
    private const int StepsBetweenFinalizations = 16; // each costs a quarter of a millisecond

    private readonly TrainingIdentity _identity = new(adapter.Method, options.Optimizer, seed);
    private readonly int _steps = adapter.Trainable.Count == 0 ? 0 : options.Steps;
    private readonly LearningRateSchedule _rates = new(options);

    /// <summary>Trains from the resume point, or from the beginning, to the end, and measures on validation and test data.
    /// Null where it rests before its end, the checkpoint saved.</summary>
    /// <param name="places">Where checkpoints go, and from which to go on.</param>
    /// <param name="observer">Is told of losses, evaluations and checkpoints. What follows the resume point is told again.</param>
    /// <param name="stop">Ends the training after the current step, with a checkpoint.</param>
    /// <exception cref="OperationCanceledException">When it was stopped; the checkpoint is saved by then.</exception>
    /// <exception cref="DivergedException">When the loss or a gradient is not finite.</exception>
    /// <exception cref="AdapterException">When the resume point is not a whole checkpoint of this training.</exception>
    public TrainingResult? Run(TrainingPlaces places, ITrainingObserver observer, CancellationToken stop = default)
    {
        using var pause = FinalizerPause.Begin();
        var memory = MemoryMeter.Of(adapter.Model.Device);
        var (trained, total) = FreezeTheRest();
        using var parameters = new FlatParameters(adapter.Trainable, rateOf: LoraPlus.Rates(options.LoraPlusRatio));
        using var optimizer = IOptimizer.Of(options, parameters);
        var progress = places.ResumeFrom is { } resume
            ? TrainingCheckpoint.Load(resume, _identity, parameters, optimizer, adapter.Kept)
            : TrainingProgress.Start;
        var saved = progress.Step;
        SetMode(training: true);

        void Save()
        {
            if (progress.Step == saved)
                return;
            saved = progress.Step;
            observer.CheckpointSaved(TrainingCheckpoint.Save(
                Path.Combine(places.Folder, "checkpoints"), places.Attempt, _identity, progress, parameters, optimizer, adapter.Kept));
        }

        Dictionary<string, double> Evaluate(Split split)
        {
            observer.Progressed(progress.Step, _steps, split == Split.Test ? "test" : "validation");
            return Measure(split, progress.Step, stop);
        }

        try
        {
            while (progress.Step < _steps)
            {
                if (progress.Step > 0 && (IsDue(options.EvaluateEvery, progress.Step) || places.MeasureAt.Contains(progress.Step)))
                    observer.Measured(progress.Step, Evaluate(Split.Validation));
                if (progress.Step == places.RestAt)
                {
                    Save();
                    return null;
                }

                stop.ThrowIfCancellationRequested();
                if (IsDue(StepsBetweenFinalizations, progress.Step))
                    FinalizerPause.LetRun();

                var loss = adapter.Search is { } search
                    ? Searched(progress.Step + 1, search)
                    : Step(progress.Step + 1, parameters, optimizer);
                progress = new TrainingProgress(progress.Step + 1, progress.LossSum + loss, progress.LossCount + 1);
                observer.Progressed(progress.Step, _steps, "training");
                memory.Sample();
                if (IsDue(options.ReportEvery, progress.Step) || progress.Step == _steps)
                    progress = Report(progress, observer);
                if (IsDue(options.CheckpointEvery, progress.Step))
                    Save();
            }

            var validation = Evaluate(Split.Validation);
            observer.Measured(progress.Step, validation);
            return new TrainingResult
            {
                Metrics = validation.Concat(Evaluate(Split.Test)).ToDictionary(),
                Steps = progress.Step,
                TrainableParameters = trained,
                TotalParameters = total,
                PeakMemoryBytes = memory.PeakBytes,
            };
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Save();
            throw;
        }
    }

    private static bool IsDue(int every, int step) => every > 0 && step % every == 0;

    /// <summary>Makes a step and returns its mean loss.</summary>
    private double Step(int step, FlatParameters parameters, IOptimizer optimizer)
    {
        using var scope = NewDisposeScope();
        TorchSeed.Set(adapter.Model.Device, seed, step, TorchSeed.Purpose.Training);
        parameters.ZeroGradients();

        var sum = zeros(1, device: parameters.Values.device);
        for (var i = 0; i < options.Accumulation; i++)
            sum.add_(Backward(((step - 1L) * options.Accumulation) + i));

        // One wait for the device: both numbers cross at once.
        var numbers = cat([sum, parameters.GradientNorm().to(float32).view(1)]).cpu().data<float>();
        var (loss, norm) = ((double)numbers[0] / options.Accumulation, (double)numbers[1] / options.Accumulation);
        if (!double.IsFinite(loss))
            throw new DivergedException(step, "loss", loss);
        if (!double.IsFinite(norm))
            throw new DivergedException(step, "gradient's norm", norm);

        var clip = options.ClipNorm > 0 && norm > options.ClipNorm ? options.ClipNorm / (norm + 1e-6) : 1; // as PyTorch
        optimizer.Step(step, _rates.At(step), clip / options.Accumulation);
        adapter.Stepped?.Invoke(step, _steps);
        return loss;
    }

    /// <summary>Makes a step without gradients and returns its loss.</summary>
    private double Searched(int step, GradientFreeStep search)
    {
        SetMode(training: false);
        var loss = search(step, Objective);
        SetMode(training: true);
        return double.IsFinite(loss) ? loss : throw new DivergedException(step, "loss", loss);

        double Objective()
        {
            using var scope = NewDisposeScope();
            using var frozen = no_grad();
            TorchSeed.Set(adapter.Model.Device, seed, number: 0, TorchSeed.Purpose.Training);
            var sum = 0.0;
            for (var batch = 0; batch < options.Accumulation; batch++)
                sum += LossOf(batch).Objective.item<float>();
            return sum / options.Accumulation;
        }
    }

    /// <summary>Adds a batch's gradients and returns its loss, without the method's own term.</summary>
    private Tensor Backward(long batch)
    {
        using var scope = NewDisposeScope();
        var (loss, objective) = LossOf(batch);
        objective.backward();
        return loss.detach().MoveToOuterDisposeScope();
    }

    /// <summary>A batch's loss, and with the method's own term.</summary>
    private (Tensor Loss, Tensor Objective) LossOf(long batch)
    {
        var loss = task.Loss(adapter.Model, batch, options.BatchSize, seed);
        return (loss, adapter.AuxiliaryLoss is { } auxiliary ? loss + auxiliary() : loss);
    }

    private Dictionary<string, double> Measure(Split split, int step, CancellationToken stop)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        SetMode(training: false);
        TorchSeed.Set(adapter.Model.Device, seed, step, TorchSeed.Purpose.Evaluation);
        var metrics = task.Evaluate(adapter.Model, split, stop);
        SetMode(training: true);
        var prefix = split == Split.Test ? "test_" : "validation_";
        return metrics.ToDictionary(metric => prefix + metric.Key, metric => metric.Value);
    }

    private static TrainingProgress Report(TrainingProgress progress, ITrainingObserver observer)
    {
        observer.Measured(progress.Step, new Dictionary<string, double>
        {
            ["train_loss"] = progress.LossSum / progress.LossCount,
        });
        return new TrainingProgress(progress.Step, 0, 0);
    }

    /// <summary>Adapters are not submodules of the model, so they are told apart from it.</summary>
    private void SetMode(bool training)
    {
        adapter.Model.train(training);
        foreach (var site in adapter.Sites.Values)
            site.train(training);
    }

    /// <summary>Leaves gradients to what is trained alone, and counts parameters: those trained, and all.</summary>
    private (long Trained, long Total) FreezeTheRest()
    {
        var trained = adapter.Trainable.Select(pair => pair.Parameter).ToHashSet<Parameter>(ReferenceEqualityComparer.Instance);
        var all = adapter.Model.parameters()
            .Concat(adapter.Model.Sites.Values.SelectMany(site => site.Attached).SelectMany(attached => attached.parameters()))
            .Concat(trained).ToHashSet<Parameter>(ReferenceEqualityComparer.Instance);
        foreach (var parameter in all)
            parameter.requires_grad = trained.Contains(parameter);
        return (trained.Sum(parameter => parameter.numel()), all.Sum(parameter => parameter.numel()));
    }
}

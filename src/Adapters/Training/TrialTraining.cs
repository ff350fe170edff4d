using Adapters.Checkpoints;
using Adapters.Methods;
using Adapters.Models;
using Adapters.Options;
using Adapters.Pretraining;
using Adapters.Runtime;
using Adapters.Tasks;
using Adapters.Tasks.Data;
using static TorchSharp.torch;

namespace Adapters.Training;

/// <summary>A trial from its plan to its result: base model, task, method, trainer, and the adapter on disk.</summary>
public static class TrialTraining
{
    /// <summary>Trains what the plan says; null where it rests before its end. What <see cref="Preparations.Of"/> lists for it must
    /// be ready.</summary>
    /// <param name="plan">All that determines the result.</param>
    /// <param name="places">Where it reads and writes, and from which checkpoint it goes on.</param>
    /// <param name="observer">Is told of progress, metrics and checkpoints.</param>
    /// <param name="stop">Ends it after the current step, with a checkpoint.</param>
    /// <exception cref="AdapterException">When parts of the plan are unknown or do not fit together, with the value.</exception>
    /// <exception cref="DivergedException">When the loss or a gradient is not finite.</exception>
    /// <exception cref="OperationCanceledException">When it was stopped; the checkpoint is saved by then.</exception>
    public static TrainingResult? Run(
        TrainingPlan plan, TrainingPlaces places, ITrainingObserver observer, CancellationToken stop = default)
    {
        using var pause = FinalizerPause.Begin();
        observer.Progressed(0, 0, "loading");
        var options = OptionSchema.Bind<TrainingOptions>(plan.TrainingOptions, "the training");
        var setting = new TaskSetting(plan.Size, plan.Base, places.Cache);
        using var task = TaskCatalogue.Create(plan.Task, plan.TaskOptions, setting);
        using var model = Preparations.LoadBase(setting, new Device(places.Device), task.BringsHead);
        var context = new AttachContext
        {
            Seed = plan.Seed,
            Head = task.Fit(model),
            TargetLength = task.TargetLength,
            Experts = plan.Experts,
            Base = plan.Base,
            KeepsBase = false, // the model is thrown away with the adapter
        };
        context = Probing(context, task, model, options, resumes: places.ResumeFrom is not null);
        using var adapter = MethodCatalogue.Find(plan.Method).Method.Attach(model, plan.MethodOptions, context);

        var result = new Trainer(adapter, task, options, plan.Seed).Run(places, observer, stop);
        if (result is null || (adapter.Trainable.Count == 0 && adapter.Sites.Count == 0))
            return result;

        var folder = Path.Combine(places.Folder, "adapter");
        AdapterFolder.Save(adapter, folder);
        return result with { AdapterFolder = folder };
    }

    /// <summary>
    /// Lets the method look at batches of the task, drawn by a seed of their own. What a resumed training began with is in its
    /// checkpoint, so that it need not look again.
    /// </summary>
    internal static AttachContext Probing(
        AttachContext context, LearningTask task, BaseModel model, TrainingOptions options, bool resumes)
    {
        return context with { ProbeLoss = Loss, IsRestored = resumes };

        Tensor Loss(int batch)
        {
            var seed = SplitMix64.Of(context.Seed, (ulong)TorchSeed.Purpose.Probe).Next();
            TorchSeed.Set(model.Device, seed, batch, TorchSeed.Purpose.Probe);
            return task.Loss(model, batch, options.BatchSize, seed);
        }
    }
}

using Adapters.Models;
using static TorchSharp.torch;

namespace Adapters.Tasks;

/// <summary>Parts of a task's data; a test item is never trained on nor used to choose a configuration.</summary>
public enum Split
{
    /// <summary>What gradients come from.</summary>
    Train,

    /// <summary>What configurations are chosen on.</summary>
    Validation,

    /// <summary>What is reported.</summary>
    Test,
}

/// <summary>
/// What is learnt: batches, loss and metrics. All data is a function of (task, options, seed): the same call gives the
/// same bits, whenever it is made, so a data position is a step number.
/// </summary>
public abstract class LearningTask : IDisposable
{
    /// <summary>The metric that methods are compared by.</summary>
    public abstract Metric Metric { get; }

    /// <summary>Sequence length that the task trains and tests at; null where that means nothing.</summary>
    public virtual int? TargetLength => null;

    /// <summary>Whether the task trains a head of its own, so that a base without one, or with another, will do.</summary>
    public virtual bool BringsHead => false;

    /// <summary>
    /// Makes of a loaded base what every method of this task starts from (position interpolation, a classifier of the
    /// right width), and names the parameters that all methods train besides their own: the task's head.
    /// </summary>
    /// <exception cref="Methods.AdapterException">When the model is of a kind that the task cannot use.</exception>
    public abstract IReadOnlyList<string> Fit(BaseModel model);

    /// <summary>The mean training loss of one batch, a scalar that gradients can be taken of.</summary>
    /// <param name="model">The model in training mode, its adapter attached.</param>
    /// <param name="batch">The batch's number from 0; with <paramref name="seed"/> it fixes the batch's content.</param>
    /// <param name="size">Samples in the batch.</param>
    /// <param name="seed">The trial's data seed.</param>
    public abstract Tensor Loss(BaseModel model, long batch, int size, ulong seed);

    /// <summary>All metrics of a split by name, <see cref="Metric"/> among them, and <c>loss</c>.</summary>
    /// <param name="model">The model in evaluation mode.</param>
    /// <param name="split">The part to measure on.</param>
    /// <param name="cancel">Ends a long evaluation early, by exception.</param>
    public abstract IReadOnlyDictionary<string, double> Evaluate(BaseModel model, Split split, CancellationToken cancel);

    /// <inheritdoc/>
    public virtual void Dispose() => GC.SuppressFinalize(this);
}

/// <summary>A metric and which way is better.</summary>
public sealed record Metric(string Name, bool Maximize);

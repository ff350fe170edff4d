using static TorchSharp.torch;

namespace Adapters.Methods;

/// <summary>What a trial adds to a method's options.</summary>
public sealed record AttachContext
{
    /// <summary>Seed of the initialisation.</summary>
    public ulong Seed { get; init; }

    /// <summary>Parameters of the base that the task trains under every method (its head), by full name.</summary>
    public IReadOnlyList<string> Head { get; init; } = [];

    /// <summary>Sequence length that the task trains and tests at; null where that means nothing.</summary>
    public int? TargetLength { get; init; }

    /// <summary>
    /// The loss of the base on one of fixed batches of the task's training data, by its number from 0, for methods that look at the
    /// task before the first step; null where there is none.
    /// </summary>
    public Func<int, Tensor>? ProbeLoss { get; init; }

    /// <summary>Whether all that the adapter holds is about to be read from a file, so that what it begins with is of no matter.</summary>
    public bool IsRestored { get; init; }

    /// <summary>Folders of trained adapters that this one is composed of, in the order of their trials.</summary>
    public IReadOnlyList<string> Experts { get; init; } = [];

    /// <summary>
    /// Whether the values of the base that the adapter is to train (biases, norms, a head) are kept beside it, so that it can be
    /// switched off, and taking it off restores them. Costs the memory of those.
    /// </summary>
    public bool KeepsBase { get; init; } = true;

    /// <summary>Name or path of the base, for the saved adapter's <c>base_model_name_or_path</c>.</summary>
    public string Base { get; init; } = "";
}

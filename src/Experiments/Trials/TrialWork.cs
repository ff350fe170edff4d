using System.Text.Json.Serialization;
using Experiments.Sweeps;

namespace Experiments.Trials;

/// <summary>What a trial does.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(Prepare), "prepare")]
[JsonDerivedType(typeof(Train), "train")]
public abstract record TrialWork
{
    private TrialWork()
    {
    }

    /// <summary>Makes what other trials need, once: a corpus, a pretrained base.</summary>
    /// <param name="Preparation">Id of a <see cref="PreparationDescription"/>.</param>
    public sealed record Prepare(string Preparation) : TrialWork;

    /// <summary>Trains a method on a task.</summary>
    /// <param name="Block">Index of the task block in the spec.</param>
    /// <param name="Entry">Name of the method entry in its block.</param>
    /// <param name="Index">Index of the configuration within its entry.</param>
    /// <param name="Configuration">The values of this trial.</param>
    /// <param name="Replicate">The seed of the sweep's <c>seeds</c> that this trial trains with.</param>
    /// <param name="Seed">Seed of all randomness of the training: a hash of the sweep's seed, task, and replicate, equal for
    /// all methods, so that methods are compared on pairs with the same data order.</param>
    public sealed record Train(int Block, string Entry, int Index, Configuration Configuration, int Replicate, ulong Seed) : TrialWork;
}

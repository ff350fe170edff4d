using System.Diagnostics;
using static TorchSharp.torch;

namespace Adapters.Training.Optimizers;

/// <summary>An update rule over <see cref="FlatParameters"/>.</summary>
public interface IOptimizer : IDisposable
{
    /// <summary>What the rule remembers between steps, by name: buffers in the layout of the parameters. Whoever saves
    /// these and the step's number can go on with the same bits.</summary>
    IReadOnlyDictionary<string, Tensor> State { get; }

    /// <summary>Changes the parameters by their gradients.</summary>
    /// <param name="step">The step's number from 1.</param>
    /// <param name="rate">The learning rate.</param>
    /// <param name="scale">What gradients are multiplied by first: the share of a clipped norm, of a mean over batches.</param>
    void Step(int step, double rate, double scale = 1);

    /// <summary>The rule that the options name, in its initial state.</summary>
    static IOptimizer Of(TrainingOptions options, FlatParameters parameters) => options.Optimizer switch
    {
        "adamw" => new AdamW(parameters, new AdamW.Options
        {
            Beta1 = options.Beta1,
            Beta2 = options.Beta2,
            WeightDecay = options.WeightDecay,
        }),
        "sgd" => new Sgd(parameters, new Sgd.Options { Momentum = options.Momentum, WeightDecay = options.WeightDecay }),
        _ => throw new UnreachableException($"optimizer '{options.Optimizer}'"),
    };
}

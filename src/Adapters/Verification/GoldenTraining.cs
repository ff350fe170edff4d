using System.Text.Json.Nodes;
using Adapters.Training.Optimizers;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace Adapters.Verification;

/// <summary>What cases of trained layers share: gradients of their loss, and their state after some optimizer steps.</summary>
internal static class GoldenTraining
{
    /// <summary>Compares the loss, where the case has it, and the gradient of each leaf that the case has one for.</summary>
    /// <param name="tensors">The case's tensors.</param>
    /// <param name="compare">Is told.</param>
    /// <param name="loss">Our loss.</param>
    /// <param name="gradients">Names and gradients, asked for after the backward pass; a null one stands for zeros.</param>
    public static void CheckGradients(GoldenTensors tensors, Comparison compare, Tensor loss,
        Func<IEnumerable<(string Name, Tensor? Gradient)>> gradients)
    {
        compare.OutputIfAny("out.loss", () => loss, tensors);
        loss.backward();
        foreach (var (name, gradient) in gradients())
            if (tensors.Find($"grad.{name}") is { } expected)
                compare.Gradient($"grad.{name}", gradient, expected);
    }

    /// <summary>Trains as said, if anything is said, and compares the losses and the state that the case has.</summary>
    /// <param name="rule">The optimizer, as <c>hyperparameters.optimizer</c> of a case describes it.</param>
    /// <param name="tensors">Its tensors.</param>
    /// <param name="compare">Is told.</param>
    /// <param name="parameters">What is trained.</param>
    /// <param name="loss">The loss of a pass: 1 to the number of steps, and that last one again afterwards.</param>
    /// <param name="state">Names and values that <c>after.*</c> may hold.</param>
    public static void CheckSteps(JsonNode? rule, GoldenTensors tensors, Comparison compare,
        IReadOnlyList<(string Name, Parameter Parameter)> parameters, Func<int, Tensor> loss,
        Func<IEnumerable<(string Name, Tensor Value)>> state)
    {
        if (rule is not JsonObject fields)
            return;
        using var flat = new FlatParameters(parameters, decayVectors: true);
        using var optimizer = new GoldenOptimizer(fields, flat);
        var losses = new List<float>();
        for (var step = 1; step <= optimizer.Steps; step++)
        {
            flat.ZeroGradients();
            var current = loss(step);
            losses.Add(current.item<float>());
            current.backward();
            optimizer.Step(step);
        }

        compare.OutputIfAny("after.losses", () => tensor(losses.ToArray()), tensors);
        compare.OutputIfAny("after.loss", () => loss(optimizer.Steps), tensors);
        foreach (var (name, value) in state())
            compare.OutputIfAny($"after.{name}", () => value, tensors);
    }
}

using System.Text.Json.Nodes;
using Adapters.Training.Optimizers;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace Adapters.Verification;

/// <summary>What cases of trained layers share: gradients of their loss, and their state after some optimizer steps.</summary>
internal static class GoldenTraining
{
    /// <summary>Compares the loss and the gradient of each leaf that the case has one for.</summary>
    /// <param name="tensors">The case's tensors.</param>
    /// <param name="compare">Is told.</param>
    /// <param name="loss">Our loss.</param>
    /// <param name="gradients">Names and gradients, asked for after the backward pass; a null one stands for zeros.</param>
    public static void CheckGradients(GoldenTensors tensors, Comparison compare, Tensor loss,
        Func<IEnumerable<(string Name, Tensor? Gradient)>> gradients)
    {
        compare.Output("out.loss", loss.reshape(1), tensors["out.loss"]);
        loss.backward();
        foreach (var (name, gradient) in gradients())
            if (tensors.Find($"grad.{name}") is { } expected)
                compare.Gradient($"grad.{name}", gradient, expected);
    }

    /// <summary>Trains as <c>hyperparameters.optimizer</c> says, if it says anything, and compares losses and state.</summary>
    /// <param name="golden">The case.</param>
    /// <param name="tensors">Its tensors.</param>
    /// <param name="compare">Is told.</param>
    /// <param name="parameters">What is trained.</param>
    /// <param name="loss">The loss of a pass: 1 to the number of steps, and that last one again afterwards.</param>
    /// <param name="state">Names and values that <c>after.*</c> holds.</param>
    public static void CheckSteps(GoldenCase golden, GoldenTensors tensors, Comparison compare,
        IReadOnlyList<(string Name, Parameter Parameter)> parameters, Func<int, Tensor> loss,
        Func<IEnumerable<(string Name, Tensor Value)>> state)
    {
        if (golden.NodeAt("hyperparameters.optimizer") is not JsonObject rule)
            return;
        using var flat = new FlatParameters(parameters, decayVectors: true);
        using var optimizer = OptimizerOf(rule, flat);
        var steps = (int)rule["steps"]!;
        var losses = new List<float>();
        for (var step = 1; step <= steps; step++)
        {
            flat.ZeroGradients();
            var current = loss(step);
            losses.Add(current.item<float>());
            current.backward();
            optimizer.Step(step, (double)rule["lr"]!);
        }

        compare.Output("after.losses", tensor(losses.ToArray()), tensors["after.losses"]);
        if (tensors.Find("after.loss") is { } last)
            compare.Output("after.loss", loss(steps).reshape(1), last);
        foreach (var (name, value) in state())
            compare.Output($"after.{name}", value, tensors[$"after.{name}"]);
    }

    private static IOptimizer OptimizerOf(JsonObject rule, FlatParameters parameters)
    {
        var decay = (double?)rule["weight_decay"] ?? 0;
        return (string?)rule["name"] switch
        {
            "AdamW" => new AdamW(parameters, new AdamW.Options
            {
                Beta1 = (double?)rule["betas"]?[0] ?? 0.9,
                Beta2 = (double?)rule["betas"]?[1] ?? 0.999,
                Epsilon = (double?)rule["eps"] ?? 1e-8,
                WeightDecay = decay,
            }),
            "SGD" when decay == 0 => new Sgd(parameters, new Sgd.Options { Momentum = (double?)rule["momentum"] ?? 0 }),
            var name => throw new UnsupportedCaseException($"there is no optimizer '{name}' with a weight decay of {decay}."),
        };
    }
}

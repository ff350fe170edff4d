using Adapters.Checkpoints;
using Adapters.Training;
using Adapters.Training.Optimizers;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using AdamW = Adapters.Training.Optimizers.AdamW;

namespace Adapters.Tests.Training.Optimizers;

/// <summary>Ours against recorded numbers of PyTorch, and against TorchSharp's own rules, one parameter at a time.</summary>
public sealed class OptimizerTests : TorchTest
{
    private const double Rate = 0.05;

    [Theory]
    [InlineData("basic", 2.0)]
    [InlineData("rank-1-no-bias", 1.0)]
    [InlineData("wide", 2.0)]
    public void AdamW_makes_the_steps_that_PyTorch_made(string golden, double scaling)
    {
        var tensors = SafeTensorsFile.ReadAll(GoldenFiles.Of("methods", "lora", golden, "tensors.safetensors"));
        var (a, b) = (new Parameter(tensors["in.lora_A"]), new Parameter(tensors["in.lora_B"]));
        using var flat = new FlatParameters([("a", a), ("b", b)]);
        using var optimizer = new AdamW(flat, new AdamW.Options { WeightDecay = 0.01 });
        var losses = new List<float>();

        for (var step = 1; step <= 5; step++)
        {
            var y = functional.linear(tensors["in.x"], tensors["in.weight"], tensors.GetValueOrDefault("in.bias"))
                + (scaling * functional.linear(functional.linear(tensors["in.x"], a), b));
            var loss = functional.mse_loss(y, tensors["in.target"]);
            losses.Add(loss.item<float>());
            flat.ZeroGradients();
            loss.backward();
            optimizer.Step(step, Rate);
        }

        AssertClose(tensors["after.lora_A"], a);
        AssertClose(tensors["after.lora_B"], b);
        AssertClose(tensors["after.losses"], tensor(losses.ToArray()));
    }

    [Fact]
    public void AdamW_equals_the_unfused_rule_and_spares_vectors_from_decay()
    {
        var (ours, theirs) = (Network(), Network());
        using var flat = new FlatParameters([.. ours.named_parameters()]);
        using var optimizer = IOptimizer.Of(
            new TrainingOptions { Beta1 = 0.8, Beta2 = 0.95, WeightDecay = 0.3 }, flat);
        using var matrices = optim.AdamW(Where(theirs, matrix: true), Rate, 0.8, 0.95, weight_decay: 0.3);
        using var vectors = optim.AdamW(Where(theirs, matrix: false), Rate, 0.8, 0.95, weight_decay: 0);

        Train(ours, flat, optimizer, theirs, matrices, vectors);

        AssertClose(ours, theirs);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.9)]
    public void Sgd_equals_the_unfused_rule(double momentum)
    {
        var (ours, theirs) = (Network(), Network());
        using var flat = new FlatParameters([.. ours.named_parameters()]);
        using var optimizer = IOptimizer.Of(new TrainingOptions { Optimizer = "sgd", Momentum = momentum }, flat);
        using var reference = optim.SGD(theirs.parameters(), Rate, momentum);

        Train(ours, flat, optimizer, theirs, reference);

        AssertClose(ours, theirs);
    }

    [Fact]
    public void Sgd_decays_matrices_apart_from_the_momentum()
    {
        var weight = new Parameter(ones(2, 2));
        using var flat = new FlatParameters([("weight", weight)]);
        using var optimizer = new Sgd(flat, new Sgd.Options { Momentum = 0.9, WeightDecay = 0.5 });

        optimizer.Step(1, rate: 0.1); // no gradient: only the decay acts, in each step anew
        optimizer.Step(2, rate: 0.1);

        Assert.Equal(0.95 * 0.95, weight[0, 0].item<float>(), 1e-6);
    }

    [Theory]
    [InlineData("adamw")]
    [InlineData("sgd")]
    public void A_scale_acts_as_if_the_gradients_were_that_much_larger(string rule)
    {
        var (scaled, plain) = (Network(), Network());
        foreach (var (network, factor, scale) in new[] { (scaled, 1, 4.0), (plain, 4, 1.0) })
        {
            using var flat = new FlatParameters([.. network.named_parameters()]);
            using var optimizer = Rule(rule, flat);
            for (var step = 1; step <= 3; step++)
            {
                flat.ZeroGradients();
                (factor * Loss(network)).backward();
                optimizer.Step(step, Rate, scale);
            }
        }

        AssertClose(scaled, plain);
    }

    [Theory]
    [InlineData("adamw")]
    [InlineData("sgd")]
    public void A_step_leaves_no_tensor_behind(string rule)
    {
        using var flat = new FlatParameters([.. Network().named_parameters()]);
        using var optimizer = Rule(rule, flat);
        optimizer.Step(1, Rate);
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        optimizer.Step(2, Rate);
        flat.ZeroGradients();

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    private static IOptimizer Rule(string name, FlatParameters flat) =>
        IOptimizer.Of(new TrainingOptions { Optimizer = name, Momentum = 0.9, WeightDecay = 0.1 }, flat);

    private static Sequential Network()
    {
        var generator = manual_seed(7);
        generator.Dispose();
        return Sequential(Linear(5, 40), Tanh(), Linear(40, 3));
    }

    private static Tensor Loss(Sequential network)
    {
        var x = linspace(-1, 1, 20).reshape(4, 5);
        return network.call(x).square().mean();
    }

    private static IEnumerable<Parameter> Where(Sequential network, bool matrix) =>
        network.parameters().Where(parameter => parameter.dim() > 1 == matrix);

    private static void Train(
        Sequential ours, FlatParameters flat, IOptimizer optimizer, Sequential theirs, params optim.Optimizer[] references)
    {
        for (var step = 1; step <= 20; step++)
        {
            flat.ZeroGradients();
            Loss(ours).backward();
            optimizer.Step(step, Rate);

            theirs.zero_grad();
            Loss(theirs).backward();
            foreach (var reference in references)
                reference.step();
        }
    }

    private static void AssertClose(Sequential ours, Sequential theirs)
    {
        foreach (var (mine, other) in ours.parameters().Zip(theirs.parameters()))
            AssertClose(other, mine);
    }

    private static void AssertClose(Tensor expected, Tensor actual) => Assert.True(
        actual.allclose(expected, rtol: 1e-4, atol: 1e-5), $"expected {expected.str()}, but got {actual.str()}");
}

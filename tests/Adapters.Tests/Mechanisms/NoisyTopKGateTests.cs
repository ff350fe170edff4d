using Adapters.Mechanisms;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Mechanisms;

public sealed class NoisyTopKGateTests : TorchTest
{
    [Fact]
    public void Among_equal_logits_the_lowest_index_wins()
    {
        var gate = NoisyTopKGate.Fresh(features: 3, experts: 8, chosen: 2, CPU);

        var choice = gate.Choose(ones(4, 3), training: false);

        Assert.Equal([0L, 1, 0, 1, 0, 1, 0, 1], choice.Chosen.flatten().data<long>().ToArray());
        Assert.Equal([0.5f, 0.5f, 0, 0, 0, 0, 0, 0], choice.Gates[0].data<float>().ToArray());
    }

    [Fact]
    public void Noise_is_for_training_only()
    {
        var gate = NoisyTopKGate.Fresh(features: 3, experts: 4, chosen: 1, CPU);
        var features = ones(64, 3);

        var (quiet, again) = (gate.Choose(features, training: false), gate.Choose(features, training: false));
        manual_seed(1);
        var noisy = gate.Choose(features, training: true);
        var noisyAgain = gate.Choose(features, training: true);

        Assert.True(quiet.Logits.equal(again.Logits).all().item<bool>());
        Assert.False(noisy.Logits.equal(noisyAgain.Logits).all().item<bool>());
        Assert.True(noisy.Load.gt(0).all().item<bool>());
        Assert.InRange(noisy.Deviation!.mean().item<float>(), 0.7031, 0.7032); // softplus(0) + 0.01
    }

    [Fact]
    public void Gates_of_the_chosen_add_up_to_one_and_the_rest_are_zero()
    {
        var gate = Draw(chosen: 2);

        var choice = gate.Choose(randn(6, 3), training: true);

        Assert.True(choice.Gates.sum(dim: 1).sub(1).abs().max().item<float>() < 1e-6);
        Assert.Equal(12, choice.Gates.count_nonzero().item<long>());
        Assert.True(choice.Gates.gather(1, choice.Chosen).gt(0).all().item<bool>());
    }

    [Fact]
    public void The_gates_alone_give_the_gate_no_gradient_when_one_expert_is_chosen()
    {
        var gate = Draw(chosen: 1);

        var choice = gate.Choose(randn(6, 3), training: true);
        choice.Gates.square().sum().backward(retain_graph: true);
        var fromTask = gate.Weight.grad!.abs().max().item<float>();
        choice.Imbalance().backward();

        Assert.Equal(0, fromTask);
        Assert.NotEqual(0, gate.Weight.grad!.abs().max().item<float>());
        Assert.NotEqual(0, gate.NoiseWeight.grad!.abs().max().item<float>());
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(4, true)] // all of them: nothing could be chosen otherwise
    public void Where_no_noise_decides_the_load_is_a_count_without_a_gradient(int chosen, bool training)
    {
        var gate = Draw(chosen);

        var choice = gate.Choose(randn(6, 3), training);

        var counts = choice.Chosen.flatten().bincount(null, 4).to(float32);
        Assert.False(choice.Load.requires_grad);
        Assert.Equal(counts.data<float>().ToArray(), choice.Load.data<float>().ToArray());
    }

    [Fact]
    public void A_single_expert_has_gate_one_and_no_imbalance()
    {
        var gate = NoisyTopKGate.Fresh(features: 3, experts: 1, chosen: 1, CPU);

        var choice = gate.Choose(randn(5, 3), training: true);

        Assert.Equal(1, choice.Gates.min().item<float>());
        Assert.Equal(0, choice.Imbalance().item<float>());
    }

    [Fact]
    public void Imbalance_takes_the_unbiased_variance()
    {
        var gates = tensor(new float[,] { { 1, 0 }, { 1, 0 }, { 0, 1 } });

        var imbalance = new GateChoice(gates, null, gates, gates, Load: tensor(new float[] { 2, 1 })).Imbalance();

        Assert.Equal(2 * 0.5 / 2.25, imbalance.item<float>(), 1e-6); // mean 1.5, variance 0.5, twice
    }

    private static NoisyTopKGate Draw(int chosen)
    {
        manual_seed(4);
        return new NoisyTopKGate(randn(3, 4), randn(3, 4), chosen);
    }
}

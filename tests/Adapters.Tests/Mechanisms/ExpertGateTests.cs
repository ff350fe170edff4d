using Adapters.Mechanisms;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Tests.Mechanisms;

public sealed class ExpertGateTests : TorchTest
{
    [Theory]
    [InlineData("gate-flatten")]
    [InlineData("gate-mean")]
    [InlineData("gate-cold-temperature")]
    [InlineData("gate-hot-temperature")]
    [InlineData("gate-masked")]
    [InlineData("gate-one-survivor")]
    [InlineData("gate-single-expert")]
    [InlineData("gate-zero-init")]
    public void A_gate_computes_and_trains_as_the_reference_did(string name)
    {
        var golden = new MoleCase(name);
        var given = golden.Tensors["in.experts"].requires_grad_(); // [experts, batch, seq, dim]
        var (count, batch, dim) = (given.shape[0], given.shape[1], given.shape[3]);
        // Outputs that are given, not computed, are experts whose up projection is the identity.
        var identities = golden.Active.Select(_ => new LowRankExpert(zeros(dim, 1), eye(dim), 1)).ToArray();
        using var experts = new FrozenExperts(identities, 1, dim, CPU);
        using var gate = new ExpertGate(experts, golden.Tensors["in.gate.weight"].clone(),
            golden.Tensors["in.gate.temperature"].clone(), golden.Pooling, golden.Active);

        var (y, gates, balance, loss) = Run();
        golden.Agrees("out.y", y);
        golden.Agrees("out.gates", gates);
        golden.Agrees("out.balance_loss", balance);
        golden.Agrees("out.loss", loss);
        loss.backward();
        golden.Agrees("grad.experts", given.grad!);
        golden.Agrees("grad.gate.weight", gate.Weight.grad!);
        golden.Agrees("grad.gate.temperature", gate.Temperature.grad!);
        golden.AgreesAfterSteps([("gate.weight", gate.Weight), ("gate.temperature", gate.Temperature)], () => Run().Loss);

        (Tensor Y, Tensor Gates, Tensor Balance, Tensor Loss) Run()
        {
            var h = given.permute(1, 2, 0, 3).reshape(batch, -1, count * dim);
            gate.Open(h);
            var gates = gate.Gates.alias();
            var y = experts.AddUp(golden.Tensors["in.base"], h, gates);
            var balance = ExpertGate.Imbalance([gate.TakeUsage()], golden.Active);
            return (y, gates, balance, functional.mse_loss(y, golden.Tensors["in.target"]) + balance * golden.BalanceWeight);
        }
    }

    [Fact]
    public void Normed_outputs_are_those_of_a_layer_norm_over_features()
    {
        var (experts, updates) = Draw(ranks: [2, 3, 1], inputs: 6, outputs: 5);
        var x = randn(2, 4, 6);

        var normed = experts.Normalised(experts.Down(x)); // [batch, seq, experts, k]
        var weight = eye(5).reshape(1, 1, 5, 5).expand(3, 1, 5, 5);
        var basis = experts.Project(weight).squeeze(1); // [experts, k, out]
        var ours = einsum("bpnk,nko->npbo", normed, basis);

        for (var n = 0; n < 3; n++)
        {
            var output = x.matmul((updates[n].B.matmul(updates[n].A) * updates[n].Scale).t());
            var expected = functional.layer_norm(output, [5]).transpose(0, 1); // [seq, batch, out]
            TensorAssert.Close(expected, ours[n], 2e-5);
        }
    }

    [Fact]
    public void A_masked_expert_has_gate_zero_and_the_others_keep_their_ratios()
    {
        var (experts, _) = Draw([2, 2, 2], 6, 5);
        var h = experts.Down(randn(3, 4, 6));
        var weight = randn(15, 3);

        var all = Gates(experts, weight, h, [true, true, true]);
        var masked = Gates(experts, weight, h, [true, false, true]);

        Assert.Equal(0, masked.select(2, 1).abs().max().item<float>());
        Assert.InRange((Ratio(masked) / Ratio(all) - 1).abs().max().item<float>(), 0, 1e-5);
        Assert.Throws<ArgumentException>(() => Gates(experts, weight, h, [false, false, false]));

        static Tensor Ratio(Tensor gates) => gates.select(2, 0) / gates.select(2, 2);
    }

    [Fact]
    public void Permuting_the_experts_permutes_the_gates()
    {
        var (experts, updates) = Draw([2, 3, 1], 6, 5);
        using var swapped = new FrozenExperts([updates[2], updates[0], updates[1]], 6, 5, CPU);
        var (x, weight) = (randn(3, 4, 6), randn(3, 5, 3)); // [experts, out, experts]
        long[] order = [2, 0, 1];

        var gates = Gates(experts, weight.reshape(15, 3), experts.Down(x), [true, true, true]);
        var permuted = weight.index_select(0, tensor(order)).index_select(2, tensor(order)).reshape(15, 3);
        var again = Gates(swapped, permuted, swapped.Down(x), [true, true, true]);

        TensorAssert.Close(gates.index_select(2, tensor(order)), again);
    }

    [Fact]
    public void Causal_gates_at_a_position_are_the_mean_gates_of_the_sequence_that_ends_there()
    {
        var (experts, _) = Draw([2, 2], 6, 5);
        var (h, weight) = (experts.Down(randn(2, 5, 6)), randn(10, 2));

        var causal = Gates(experts, weight, h, [true, true], GatePooling.CausalMean);

        Assert.Equal([2, 5, 2], causal.shape);
        for (var position = 0; position < 5; position++)
        {
            var mean = Gates(experts, weight, h.narrow(1, 0, position + 1), [true, true]);
            TensorAssert.Close(mean, causal.narrow(1, position, 1));
        }
    }

    [Theory]
    [InlineData(GatePooling.Mean)]
    [InlineData(GatePooling.Flatten)]
    [InlineData(GatePooling.CausalMean)]
    public void What_lies_in_padding_moves_neither_gates_nor_usage(GatePooling pooling)
    {
        var (experts, _) = Draw([2, 2], 6, 5);
        var mask = tensor(new long[] { 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0 }, [3, 4]);
        var (x, other) = (randn(3, 4, 6), randn(3, 4, 6));
        var changed = x.where(mask.ne(0).unsqueeze(-1), other);
        using var gate = new ExpertGate(experts, randn(2 * (pooling == GatePooling.Flatten ? 20 : 5), 2), ones(1), pooling, [true, true]);

        var (gates, usage) = Run(x);
        var (again, usageAgain) = Run(changed);

        var real = mask.ne(0).unsqueeze(-1);
        real = pooling == GatePooling.CausalMean ? real : real.any(1, keepdim: true);
        TensorAssert.Close(gates * real, again * real, 0);
        TensorAssert.Close(usage, usageAgain, 0);
        TensorAssert.Close((gates * real).sum([0, 1]) / real.sum(), usage);

        (Tensor Gates, Tensor Usage) Run(Tensor seen)
        {
            gate.Open(experts.Down(seen), mask);
            return (gate.Gates.clone(), gate.TakeUsage());
        }
    }

    [Fact]
    public void A_flattening_gate_refuses_another_length()
    {
        var (experts, _) = Draw([2, 2], 6, 5);
        using var gate = new ExpertGate(experts, zeros(2 * 4 * 5, 2), ones(1), GatePooling.Flatten, [true, true]);

        gate.Open(experts.Down(randn(1, 4, 6)));
        var refused = Assert.Throws<InvalidOperationException>(() => gate.Open(experts.Down(randn(1, 3, 6))));

        Assert.Equal("The gate was made for 4 positions and cannot flatten 3.", refused.Message);
    }

    [Fact]
    public void The_temperature_never_falls_below_a_hundredth()
    {
        var (experts, _) = Draw([2, 2], 6, 5);
        var (h, weight) = (experts.Down(randn(2, 3, 6)), randn(10, 2) * 0.01);

        var negative = Gates(experts, weight, h, [true, true], temperature: -1);
        var least = Gates(experts, weight, h, [true, true], temperature: 0.01);

        Assert.True(negative.equal(least).all().item<bool>());
    }

    [Fact]
    public void The_balance_loss_of_uniform_gates_is_n_log_n() =>
        Assert.Equal(4 * Math.Log(4), ExpertGate.Imbalance([full(4, 0.25)], [true, true, true, true]).item<float>(), 1e-5);

    private static Tensor Gates(FrozenExperts experts, Tensor weight, Tensor h, bool[] active,
        GatePooling pooling = GatePooling.Mean, double temperature = 1)
    {
        using var gate = new ExpertGate(experts, weight.clone(), tensor([(float)temperature]), pooling, active);
        gate.Open(h);
        return gate.Gates.clone();
    }

    private static (FrozenExperts Experts, LowRankExpert[] Updates) Draw(long[] ranks, long inputs, long outputs)
    {
        manual_seed(6);
        LowRankExpert[] updates = [.. ranks.Select(rank => new LowRankExpert(randn(rank, inputs), randn(outputs, rank), 0.5 * rank))];
        return (new FrozenExperts(updates, inputs, outputs, CPU), updates);
    }
}

using Adapters.Mechanisms;
using Adapters.Models;
using Adapters.Verification;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Tests.Mechanisms;

/// <summary>Small transformers whose every matrix is mixed, with gates for each matrix, layer, block, or the network.</summary>
public sealed class ExpertMixtureTests : TorchTest
{
    private static readonly string[] Matrices = ["q", "k", "v", "o", "up", "down"];

    [Theory]
    [InlineData("stack-matrix")]
    [InlineData("stack-layer")]
    [InlineData("stack-layer-masked")]
    [InlineData("stack-block")]
    [InlineData("stack-network")]
    public void Stacked_mixtures_compute_and_train_as_the_reference_did(string name)
    {
        var golden = new MoleCase(name);
        using var stack = new Stack(golden);
        var x = golden.Tensors["in.x"].requires_grad_();

        var y = stack.Run(x);
        golden.Agrees("out.y", y);
        golden.Agrees("out.gates", cat([.. stack.Gates.Select(gate => gate.Gate.Gates)]));
        var (balance, loss) = stack.Loss(y);
        golden.Agrees("out.balance_loss", balance);
        golden.Agrees("out.loss", loss);

        loss.backward();
        golden.Agrees("grad.x", x.grad!);
        foreach (var (site, gate) in stack.Gates)
        {
            golden.Agrees($"grad.gates.{site}.weight", gate.Weight.grad!);
            golden.Agrees($"grad.gates.{site}.temperature", gate.Temperature.grad!);
        }

        var parameters = stack.Gates.Select(gate => ($"gates.{gate.Site}.weight", gate.Gate.Weight))
            .Concat(stack.Gates.Select(gate => ($"gates.{gate.Site}.temperature", gate.Gate.Temperature)));
        golden.AgreesAfterSteps([.. parameters], () => stack.Loss(stack.Run(golden.Tensors["in.x"])).Loss);
    }

    [Fact]
    public void A_shared_gate_is_computed_once_a_pass_by_its_own_layer_and_afresh_in_the_next()
    {
        manual_seed(3);
        var (first, second) = (Experts(), Experts());
        var gate = new ExpertGate(first, randn(2 * 5, 2), ones(1), GatePooling.Mean, [true, true]);
        using var site = new LinearSite(6, 5, hasBias: false);
        using var owner = new ExpertMixture(site, first, gate, ownsGate: true);
        using var other = new ExpertMixture(site, second, gate, ownsGate: false);
        var (x, y) = (randn(2, 4, 6), randn(2, 4, 5));
        Assert.Throws<InvalidOperationException>(() => other.Adapt(x, y));

        owner.Adapt(x, y);
        var gates = gate.Gates;
        TensorAssert.Close(second.AddUp(y, second.Down(-x), gates), other.Adapt(-x, y), 0);
        Assert.Same(gates, gate.Gates);

        var before = gates.clone();
        owner.Adapt(-x, y);
        Assert.True(TensorAssert.Distance(before, gate.Gates) > 1e-3);
        TensorAssert.Close(second.AddUp(y, second.Down(x), gate.Gates), other.Adapt(x, y), 0);

        static FrozenExperts Experts() => new(
            [.. Enumerable.Range(0, 2).Select(_ => new LowRankExpert(randn(2, 6), randn(5, 2), 1))], 6, 5, CPU);
    }

    private sealed class Stack : IDisposable
    {
        private readonly MoleCase _golden;
        private readonly List<Dictionary<string, LinearSite>> _blocks = [];

        public Stack(MoleCase golden)
        {
            _golden = golden;
            for (var block = 0; block < (int)golden.Settings["blocks"]!; block++)
            {
                _blocks.Add(new());
                foreach (var matrix in Matrices)
                    _blocks[block].Add(matrix, Mixed($"B{block}.{matrix}", GateOf(block, matrix)));
            }
        }

        /// <summary>In the order of evaluation.</summary>
        public List<(string Site, ExpertGate Gate)> Gates { get; } = [];

        public Tensor Run(Tensor x)
        {
            foreach (var site in _blocks)
            {
                var h = Norm(x);
                var attention = site["q"].call(h).matmul(site["k"].call(h).transpose(1, 2)).div(Math.Sqrt(h.shape[2])).softmax(-1);
                x = x + site["o"].call(attention.matmul(site["v"].call(h)));
                x = x + site["down"].call(functional.gelu(site["up"].call(Norm(x))));
            }

            return x;
        }

        public (Tensor Balance, Tensor Loss) Loss(Tensor y)
        {
            var balance = ExpertGate.Imbalance([.. Gates.Select(gate => gate.Gate.TakeUsage())], _golden.Active);
            return (balance, functional.mse_loss(y, _golden.Tensors["in.target"]) + balance * _golden.BalanceWeight);
        }

        public void Dispose()
        {
            foreach (var site in _blocks.SelectMany(block => block.Values))
            {
                site.Adapters[0].Dispose();
                site.Dispose();
            }
        }

        private string GateOf(int block, string matrix) => (string)_golden.Settings["granularity"]! switch
        {
            "matrix" => $"B{block}.{matrix}",
            "layer" => matrix is "up" or "down" ? $"B{block}.ffn" : $"B{block}.attn",
            "block" => $"B{block}",
            _ => "net",
        };

        private LinearSite Mixed(string name, string gateName)
        {
            var site = GoldenLayer.From(_golden.Tensors[$"in.{name}.weight"], bias: null);
            var experts = new FrozenExperts([.. _golden.Active.Select((_, n) => Expert(name, n))], site.Inputs, site.Outputs, CPU);
            var first = Gates.All(gate => gate.Site != gateName);
            if (first)
                Gates.Add((gateName, new ExpertGate(experts, _golden.Tensors[$"in.gates.{gateName}.weight"].clone(),
                    _golden.Tensors[$"in.gates.{gateName}.temperature"].clone(), _golden.Pooling, _golden.Active)));
            site.Put(new ExpertMixture(site, experts, Gates.Single(gate => gate.Site == gateName).Gate, first));
            return site;
        }

        private LowRankExpert Expert(string name, int n) => new(
            _golden.Tensors[$"in.{name}.lora_A.{n}"],
            _golden.Tensors[$"in.{name}.lora_B.{n}"],
            (double)_golden.Settings["alphas"]![n]! / (double)_golden.Settings["ranks"]![n]!);

        private static Tensor Norm(Tensor x) => functional.layer_norm(x, [x.shape[^1]]);
    }
}

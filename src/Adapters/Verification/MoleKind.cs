using Adapters.Mechanisms;
using Adapters.Models;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Verification;

/// <summary>Gated layers side by side, each with its own experts and gate: outputs, gates, balance loss, gradients.</summary>
[GoldenKind("methods/mole")]
internal sealed class MoleKind : IGoldenKind
{
    public void Check(GoldenCase golden, Comparison compare)
    {
        var tensors = GoldenLayer.TensorsOf(golden);
        var active = golden.NodeAt("hyperparameters.active")!.AsArray().Select(each => each!.GetValue<bool>()).ToArray();
        var pooling = golden.Hyperparameter<string>("pooling") switch
        {
            "mean" => GatePooling.Mean,
            "flatten" => GatePooling.Flatten,
            "causal-mean" => GatePooling.CausalMean,
            var other => throw new UnsupportedCaseException($"there is no pooling '{other}'."),
        };
        var x = tensors["in.x"].clone().requires_grad_(); // [layers, batch, seq, in]
        var layers = Enumerable.Range(0, (int)x.shape[0]).Select(layer => new Layer(tensors, layer, pooling, active)).ToArray();

        var y = stack(layers.Select((layer, index) => layer.Site.call(x[index])));
        compare.Output("out.y", y, tensors["out.y"]);
        var gates = tensors["out.gates"];
        compare.Output("out.gates", stack(layers.Select(layer => layer.Gate.Gates)).reshape(gates.shape), gates);
        var balance = ExpertGate.Imbalance([.. layers.Select(layer => layer.Gate.TakeUsage())], active);
        compare.Output("out.balance_loss", balance.reshape(1), tensors["out.balance_loss"]);

        var loss = functional.mse_loss(y, tensors["in.target"])
            + balance * golden.Hyperparameter<double>("balance_loss_coefficient");
        GoldenTraining.CheckGradients(tensors, compare, loss, () =>
        [
            ("x", x.grad),
            ("gate.weight", stack(layers.Select(layer => GradientOf(layer.Gate.Weight)))),
            ("gate.temperature", cat([.. layers.Select(layer => GradientOf(layer.Gate.Temperature))])),
        ]);
        foreach (var layer in layers)
            layer.Dispose();
    }

    /// <summary>With one active expert nothing flows into the gate.</summary>
    private static Tensor GradientOf(Tensor parameter) => parameter.grad ?? zeros_like(parameter);

    private sealed class Layer : IDisposable
    {
        private readonly ExpertMixture _mixture;

        public Layer(GoldenTensors tensors, int layer, GatePooling pooling, bool[] active)
        {
            var (a, b) = (tensors["in.lora_A"][layer], tensors["in.lora_B"][layer]); // [experts, rank, in], [experts, out, rank]
            var (weight, temperature) = (tensors["in.gate.weight"][layer], tensors["in.gate.temperature"][layer]);
            var updates = active.Select((_, expert) => new LowRankExpert(a[expert], b[expert], 1)).ToArray();
            var experts = new FrozenExperts(updates, a.shape[2], b.shape[1], CPU);
            Gate = new ExpertGate(experts, weight.clone(), temperature.clone().reshape(1), pooling, active);
            _mixture = new ExpertMixture(experts, Gate, ownsGate: true);
            Site = GoldenLayer.From(tensors["in.weight"][layer], bias: null);
            Site.Adapter = _mixture;
        }

        public LinearSite Site { get; }

        public ExpertGate Gate { get; }

        public void Dispose()
        {
            _mixture.Dispose();
            Site.Dispose();
        }
    }
}

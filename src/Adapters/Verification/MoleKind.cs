using System.Text.Json.Nodes;
using Adapters.Mechanisms;
using Adapters.Models;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using Parameter = TorchSharp.Modules.Parameter;

namespace Adapters.Verification;

/// <summary>
/// Gated layers side by side, each with its own experts and gate: outputs, gates, balance loss, gradients, state after some
/// steps.
/// </summary>
[GoldenKind("methods/mole")]
internal sealed class MoleKind : IGoldenKind
{
    public void Check(GoldenCase golden, Comparison compare)
    {
        var tensors = GoldenLayer.TensorsOf(golden);
        var active = golden.NodeAt("hyperparameters.active") is JsonArray stated
            ? [.. stated.Select(each => each!.GetValue<bool>())]
            : Enumerable.Repeat(true, (int)tensors["in.lora_A"].shape[1]).ToArray();
        var x = tensors["in.x"].clone().requires_grad_(); // [layers, batch, seq, in]
        using var layers = new Layers(golden, tensors, (int)x.shape[0], active);

        var pass = layers.Run(x);
        compare.Output("out.y", pass.Output, tensors["out.y"]);
        if (tensors.Find("out.gates") is { } gates)
            compare.Output("out.gates", pass.Gates.reshape(gates.shape), gates);
        compare.OutputIfAny("out.balance_loss", () => pass.Balance, tensors);
        if (tensors.Find("in.target") is not { } target)
            return; // and so no loss

        GoldenTraining.CheckGradients(tensors, compare, Loss(pass), () => [("x", x.grad), .. layers.Gradients()]);
        GoldenTraining.CheckSteps(golden.NodeAt("hyperparameters.optimizer"), tensors, compare, layers.Parameters,
            _ => Loss(layers.Run(tensors["in.x"])), layers.State);

        Tensor Loss(Pass ofPass) =>
            functional.mse_loss(ofPass.Output, target) + ofPass.Balance * golden.Hyperparameter<double>("balance_loss_coefficient");
    }

    /// <param name="Output"><c>[layers, batch, seq, out]</c></param>
    /// <param name="Gates"><c>[layers, batch, positions or 1, experts]</c></param>
    /// <param name="Balance">A scalar.</param>
    private sealed record Pass(Tensor Output, Tensor Gates, Tensor Balance);

    /// <summary>The layers of a case, made of the parts that training uses.</summary>
    private sealed class Layers : IDisposable
    {
        private readonly bool[] _active;
        private readonly List<(LinearSite Site, ExpertGate Gate)> _layers = [];

        public Layers(GoldenCase golden, GoldenTensors tensors, int count, bool[] active)
        {
            _active = active;
            var pooling = golden.Pooling();
            var scale = golden.NodeAt("hyperparameters.alpha") is null
                ? golden.Hyperparameter("scaling", 1.0) : GoldenLayer.LoraScaleOf(golden);
            for (var layer = 0; layer < count; layer++)
            {
                var (a, b) = (tensors["in.lora_A"][layer], tensors["in.lora_B"][layer]); // [experts, rank, in], [experts, out, rank]
                var updates = active.Select((_, expert) => new LowRankExpert(a[expert], b[expert], scale)).ToArray();
                var experts = new FrozenExperts(updates, a.shape[2], b.shape[1], golden.Device);
                var gate = new ExpertGate(experts, tensors["in.gate.weight"][layer].clone(),
                    tensors["in.gate.temperature"][layer].clone().reshape(1), pooling, active);
                var site = GoldenLayer.From(tensors["in.weight"][layer], tensors.Find("in.bias")?[layer]);
                site.Put(new ExpertMixture(site, experts, gate, ownsGate: true));
                _layers.Add((site, gate));
            }
        }

        public IReadOnlyList<(string Name, Parameter Parameter)> Parameters => [.. _layers.SelectMany((layer, index) => new[]
        {
            ($"{index}.weight", layer.Gate.Weight), ($"{index}.temperature", layer.Gate.Temperature),
        })];

        public Pass Run(Tensor x)
        {
            var y = stack(_layers.Select((layer, index) => layer.Site.call(x[index])));
            var gates = stack(_layers.Select(layer => layer.Gate.Gates));
            return new Pass(y, gates, ExpertGate.Imbalance([.. _layers.Select(layer => layer.Gate.TakeUsage())], _active));
        }

        /// <summary>With one active expert nothing flows into the gate.</summary>
        public IEnumerable<(string Name, Tensor? Gradient)> Gradients() =>
            Named(parameter => parameter.grad ?? zeros_like(parameter)).Select(pair => (pair.Name, (Tensor?)pair.Value));

        public IEnumerable<(string Name, Tensor Value)> State() => Named(parameter => parameter);

        public void Dispose()
        {
            foreach (var (site, _) in _layers)
            {
                site.Adapters[0].Dispose();
                site.Dispose();
            }
        }

        private IEnumerable<(string Name, Tensor Value)> Named(Func<Tensor, Tensor> of) =>
        [
            ("gate.weight", stack(_layers.Select(layer => of(layer.Gate.Weight)))),
            ("gate.temperature", cat([.. _layers.Select(layer => of(layer.Gate.Temperature))])),
        ];
    }
}

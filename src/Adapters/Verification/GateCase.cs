using Adapters.Mechanisms;
using Adapters.Models;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using Parameter = TorchSharp.Modules.Parameter;

namespace Adapters.Verification;

/// <summary>
/// One gate over outputs of experts that are given. The layer that is mixed is made so that they come about: its input holds all of
/// them and the base's output side by side, and each expert, as the base's weight, picks its own.
/// </summary>
internal static class GateCase
{
    public static void Check(GoldenCase golden, GoldenTensors tensors, Comparison compare)
    {
        var outputs = tensors["in.experts"].clone().requires_grad_(); // [experts, batch, seq, dim]
        var active = GoldenLayer.ActiveIn(tensors);
        using var layer = new Layer(golden, tensors, active);

        var y = layer.Run(outputs);
        compare.Output("out.y", y, tensors["out.y"]);
        compare.OutputIfAny("out.logits", () => layer.Gate.Logits!.squeeze(1), tensors);
        compare.OutputIfAny("out.gates", () => layer.Gate.Gates.squeeze(1), tensors);
        var balance = layer.TakeBalance();
        compare.OutputIfAny("out.balance_loss", () => balance, tensors);
        if (tensors.Find("in.target") is not { } target)
            return; // and so no loss

        GoldenTraining.CheckGradients(tensors, compare, Loss(y, balance),
            () => [("experts", outputs.grad), .. layer.Parameters.Select(pair => (pair.Name, pair.Parameter.grad))]);
        GoldenTraining.CheckSteps(golden.NodeAt("hyperparameters.optimizer"), tensors, compare, layer.Parameters,
            _ => Loss(layer.Run(tensors["in.experts"]), layer.TakeBalance()),
            () => layer.Parameters.Select(pair => (pair.Name, (Tensor)pair.Parameter)));

        Tensor Loss(Tensor output, Tensor imbalance) =>
            functional.mse_loss(output, target) + imbalance * golden.Hyperparameter<double>("balance_coefficient");
    }

    /// <summary>The mixed layer of a case, made of the parts that training uses.</summary>
    private sealed class Layer : IDisposable
    {
        private readonly Tensor _base; // [batch, seq, dim]
        private readonly bool[] _active;
        private readonly LinearSite _site;
        private readonly ExpertMixture _mixture;

        public Layer(GoldenCase golden, GoldenTensors tensors, bool[] active)
        {
            (_base, _active) = (tensors["in.base"], active);
            var size = _base.shape[^1];
            var picks = eye((active.Length + 1) * size, device: golden.Device).split(size);
            var picked = active.Select((_, expert) => new LowRankExpert(picks[expert], eye(size, device: golden.Device), Scale: 1));
            _site = GoldenLayer.From(picks[^1], bias: null);
            var experts = new FrozenExperts([.. picked], _site.Inputs, size, golden.Device);
            Gate = new OpenGate(experts, tensors["in.gate.weight"].clone(), tensors["in.gate.temperature"].clone().reshape(1),
                golden.Pooling(), active);
            _site.Put(_mixture = new ExpertMixture(_site, experts, Gate, ownsGate: true));
        }

        public OpenGate Gate { get; }

        public IReadOnlyList<(string Name, Parameter Parameter)> Parameters =>
            [("gate.weight", Gate.Weight), ("gate.temperature", Gate.Temperature)];

        public Tensor Run(Tensor outputs)
        {
            var together = cat([outputs, _base.unsqueeze(0)], 0).permute(1, 2, 0, 3);
            return _site.call(together.flatten(2));
        }

        public Tensor TakeBalance() => ExpertGate.Imbalance([Gate.TakeUsage()], _active);

        public void Dispose()
        {
            _mixture.Dispose();
            _site.Dispose();
        }
    }

    /// <summary>The gate, which shows what its softmax is of.</summary>
    private sealed class OpenGate(
        FrozenExperts experts, Tensor weight, Tensor temperature, GatePooling pooling, IReadOnlyList<bool> active)
        : ExpertGate(experts, weight, temperature, pooling, active)
    {
        /// <summary><c>[batch, positions or 1, experts]</c></summary>
        public Tensor? Logits { get; private set; }

        protected override Tensor Scores(Tensor features, Tensor? real)
        {
            var scores = base.Scores(features, real);
            Logits?.Dispose();
            Logits = scores.detach().DetachFromDisposeScope(); // until after the pass
            return scores;
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (disposing)
                Logits?.Dispose();
        }
    }
}

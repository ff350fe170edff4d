using System.Text.Json.Nodes;
using Adapters.Mechanisms;
using Adapters.Models;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using Parameter = TorchSharp.Modules.Parameter;

namespace Adapters.Verification;

/// <summary>A layer with a LoRA update, or with one for each of some of its parts: output, merged weight, gradients, state after some
/// steps.</summary>
[GoldenKind("methods/lora")]
[GoldenKind("core/lora")]
internal sealed class LoraKind : IGoldenKind
{
    public void Check(GoldenCase golden, Comparison compare)
    {
        var tensors = GoldenLayer.TensorsOf(golden);
        using var layer = new Layer(golden, tensors);
        CheckMerge(layer, tensors, compare); // first, since a pass remembers the weight that it computed with
        var x = tensors["in.x"].clone();
        if (x.is_floating_point())
            x.requires_grad_();

        var y = layer.Site.call(x);
        compare.Output("out.y", y, tensors["out.y"]);
        if (tensors.Find("in.target") is not { } target)
            return; // and so no loss
        GoldenTraining.CheckGradients(tensors, compare, functional.mse_loss(y, target),
            () => [("x", x.grad), .. layer.Factors(factor => factor.grad!).Select(pair => (pair.Name, (Tensor?)pair.Value))]);
        GoldenTraining.CheckSteps(golden.NodeAt("hyperparameters.optimizer"), tensors, compare, layer.Parameters,
            _ => functional.mse_loss(layer.Site.call(tensors["in.x"]), target), () => layer.Factors(factor => factor));
    }

    private static void CheckMerge(Layer layer, GoldenTensors tensors, Comparison compare)
    {
        using var frozen = no_grad();
        layer.Merge(true);
        compare.OutputIfAny("out.merged_weight", layer.Stored, tensors);
        compare.OutputIfAny("out.y_merged", () => layer.Site.call(tensors["in.x"]), tensors);
        layer.Merge(false);
        compare.OutputIfAny("out.unmerged_weight", layer.Stored, tensors);
    }

    /// <summary>The layer of a case with its updates, as training has them.</summary>
    private sealed class Layer : IDisposable
    {
        private readonly bool _isTransposed;
        private readonly List<LowRankDelta> _updates = [];

        public Layer(GoldenCase golden, GoldenTensors tensors)
        {
            var weight = tensors["in.weight"];
            _isTransposed = golden.Hyperparameter("fan_in_fan_out", false);
            Site = golden.Hyperparameter("layer", "linear") switch
            {
                "linear" or "merged-linear" => GoldenLayer.From(_isTransposed ? weight.t() : weight, tensors.Find("in.bias")),
                "embedding" => Table(weight, (long?)golden.NodeAt("hyperparameters.padding_idx")),
                "conv2d" => throw new UnsupportedCaseException("the LoRA of a convolution is PEFT's here, A a convolution to as many "
                    + "channels as the rank: loralib's factors [rank·k, in·k] and [out·k, rank·k] make other updates."),
                var other => throw new UnsupportedCaseException($"there is no LoRA on a layer of kind '{other}'."),
            };

            var (sites, rank) = (SitesOf(golden), golden.Hyperparameter<int>("rank"));
            var outputs = sites[0].Outputs;
            var dropout = golden.Hyperparameter("dropout", 0.0);
            foreach (var (site, index) in sites.Select((site, index) => (site, index)))
            {
                var update = new LowRankDelta(site, tensors["in.lora_A"].narrow(0, index * rank, rank).clone(),
                    tensors["in.lora_B"].narrow(0, index * outputs, outputs).clone(), GoldenLayer.LoraScaleOf(golden), dropout);
                if (dropout > 0)
                    update.DrawKept = _ => tensors["in.dropout_mask"];
                site.Put(update);
                _updates.Add(update);
            }
        }

        public Site Site { get; }

        public IReadOnlyList<(string Name, Parameter Parameter)> Parameters =>
            [.. _updates.SelectMany((update, index) => new[] { ($"{index}.lora_A", update.A), ($"{index}.lora_B", update.B) })];

        /// <summary>The factors of all updates, one beneath another as the case has them.</summary>
        public IEnumerable<(string Name, Tensor Value)> Factors(Func<Tensor, Tensor> of) =>
        [
            ("lora_A", cat([.. _updates.Select(update => of(update.A))], 0)),
            ("lora_B", cat([.. _updates.Select(update => of(update.B))], 0)),
        ];

        /// <summary>The weight in the case's layout.</summary>
        public Tensor Stored() => _isTransposed ? Site.Weight.t() : Site.Weight;

        public void Merge(bool merged)
        {
            foreach (var update in _updates)
                update.IsMerged = merged;
            Site.Arrange();
        }

        public void Dispose()
        {
            foreach (var update in _updates)
                update.Dispose();
            Site.Dispose();
        }

        private IReadOnlyList<Site> SitesOf(GoldenCase golden)
        {
            if (golden.NodeAt("hyperparameters.enabled") is not JsonArray enabled)
                return [Site];
            ((LinearSite)Site).Fuse([.. enabled.Select((_, index) => $"{index}")]);
            return [.. Site.Parts.Where((_, index) => enabled[index]!.GetValue<bool>())];
        }

        private static EmbeddingSite Table(Tensor weight, long? padding)
        {
            using var frozen = no_grad();
            var site = new EmbeddingSite(weight.shape[0], weight.shape[1], padding, weight.device);
            site.Weight.copy_(weight);
            site.Weight.requires_grad = false;
            return site;
        }
    }
}

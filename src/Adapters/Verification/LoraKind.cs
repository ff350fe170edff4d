using Adapters.Mechanisms;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Verification;

/// <summary>A linear layer with a LoRA update: output, merged weight, gradients, state after some steps.</summary>
[GoldenKind("methods/lora")]
[GoldenKind("core/lora")]
internal sealed class LoraKind : IGoldenKind
{
    public void Check(GoldenCase golden, Comparison compare)
    {
        if (golden.Hyperparameter("layer", "linear") is not "linear" and var layer)
            throw new UnsupportedCaseException($"there is no LoRA on a layer of kind '{layer}'.");
        if (golden.Hyperparameter("fan_in_fan_out", false) || golden.Hyperparameter("dropout", 0.0) != 0)
            throw new UnsupportedCaseException("weights stored [in, out] and recorded dropout masks cannot be replayed.");

        var tensors = GoldenLayer.TensorsOf(golden);
        var scale = GoldenLayer.LoraScaleOf(golden);
        using var site = GoldenLayer.From(tensors["in.weight"], tensors.Find("in.bias"));
        using var delta = new LowRankDelta(site, tensors["in.lora_A"].clone(), tensors["in.lora_B"].clone(), scale);
        site.Put(delta);
        var x = tensors["in.x"].clone().requires_grad_();

        var y = site.call(x);
        compare.Output("out.y", y, tensors["out.y"]);
        CheckMerge();
        if (tensors.Find("in.target") is not { } target)
            return; // and so no loss
        GoldenTraining.CheckGradients(tensors, compare, functional.mse_loss(y, target),
            () => [("x", x.grad), ("lora_A", delta.A.grad), ("lora_B", delta.B.grad)]);
        GoldenTraining.CheckSteps(golden.NodeAt("hyperparameters.optimizer"), tensors, compare, [("lora_A", delta.A), ("lora_B", delta.B)],
            _ => functional.mse_loss(site.call(tensors["in.x"]), target),
            () => [("lora_A", delta.A), ("lora_B", delta.B)]);

        void CheckMerge()
        {
            using var frozen = no_grad();
            var merged = site.Weight + delta.Delta();
            compare.OutputIfAny("out.merged_weight", () => merged, tensors);
            compare.OutputIfAny("out.y_merged", () => functional.linear(x, merged, site.Bias), tensors);
            compare.OutputIfAny("out.unmerged_weight", () => site.Weight, tensors);
        }
    }
}

using Adapters.Models;
using Adapters.Models.Vit;
using static TorchSharp.torch.nn;

namespace Adapters.Verification;

/// <summary>Vision transformers: logits, hidden states, cross-entropy and its gradients; hidden states of a base without head.</summary>
[GoldenKind("models/vit")]
internal sealed class VitKind : IGoldenKind
{
    public void Check(GoldenCase golden, Comparison compare)
    {
        var io = golden.Tensors("io.safetensors");
        var needsHead = io.Names.Contains("logits") || io.Names.Contains("labels");
        using var model = (VitModel)ModelFolder.Load(golden.Folder, golden.Device, headOptional: !needsHead);
        model.eval();
        var pixels = io["pixel_values"];

        var logits = model.Logits(pixels);
        compare.OutputIfAny("logits", () => logits, io);
        var states = model.HiddenStates(pixels);
        foreach (var (index, expected) in io.Under("hidden."))
            compare.Output($"hidden.{index}", states[int.Parse(index)], expected);
        if (io.Find("labels") is { } labels)
            ModelGradients.Check(model, functional.cross_entropy(logits, labels), golden, compare);
    }
}

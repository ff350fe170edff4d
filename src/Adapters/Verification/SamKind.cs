using System.Text.Json.Nodes;
using Adapters.Models;
using Adapters.Models.Sam;
using static TorchSharp.torch.nn;

namespace Adapters.Verification;

/// <summary>
/// Segment Anything: hidden states, embeddings, masks, the loss of the upsampled single mask and its gradients; or,
/// where the case lists <c>items</c>, the lookup of relative positions alone.
/// </summary>
[GoldenKind("models/sam")]
internal sealed class SamKind : IGoldenKind
{
    public void Check(GoldenCase golden, Comparison compare)
    {
        var io = golden.Tensors("io.safetensors");
        if (golden.Description["items"] is JsonArray items)
            CheckLookups(items, io, compare);
        else
            CheckModel(golden, io, compare);
    }

    private static void CheckModel(GoldenCase golden, GoldenTensors io, Comparison compare)
    {
        using var model = (SamModel)ModelFolder.Load(golden.Folder, golden.Device);
        model.eval();
        var pixels = io["pixel_values"].requires_grad_();

        var states = model.HiddenStates(pixels);
        foreach (var (index, expected) in io.Under("hidden."))
            compare.Output($"hidden.{index}", states[int.Parse(index)], expected);
        var embeddings = model.ImageEmbeddings(pixels);
        compare.OutputIfAny("image_embeddings", () => embeddings, io);
        compare.OutputIfAny("image_pe", model.GridPositions, io);
        CheckMasks("", model.Masks(embeddings), io, compare);
        CheckMasks("multi.", model.Masks(embeddings, multimask: true), io, compare);

        var logits = model.MaskLogits(pixels);
        compare.OutputIfAny("upsampled_logits", () => logits, io);
        if (io.Find("mask_target") is { } target)
            ModelGradients.Check(model, functional.binary_cross_entropy_with_logits(logits, target), golden, compare);
        if (io.Find("grad.pixel_values") is { } gradient)
            compare.Gradient("grad.pixel_values", pixels.grad, gradient);
    }

    private static void CheckMasks(string prefix, SamMasks masks, GoldenTensors io, Comparison compare)
    {
        compare.OutputIfAny($"{prefix}pred_masks", () => masks.Logits, io);
        compare.OutputIfAny($"{prefix}iou_scores", () => masks.Scores, io);
    }

    private static void CheckLookups(JsonArray items, GoldenTensors io, Comparison compare)
    {
        for (var i = 0; i < items.Count; i++)
        {
            var (queries, keys) = (items[i]!["q"]!.GetValue<int>(), items[i]!["k"]!.GetValue<int>());
            compare.Output($"out.{i}", RelativePositions.Lookup(io[$"table.{i}"], queries, keys), io[$"out.{i}"]);
        }
    }
}

using System.Text.Json.Nodes;
using Adapters.Models;
using Adapters.Models.Causal;
using static TorchSharp.torch;

namespace Adapters.Verification;

/// <summary>
/// Causal language models: logits, hidden states, loss, gradients, greedy generation; hidden states of a base without head.
/// </summary>
[GoldenKind("models/llama")]
[GoldenKind("models/mistral")]
[GoldenKind("models/qwen2")]
internal sealed class CausalKind : IGoldenKind
{
    public void Check(GoldenCase golden, Comparison compare)
    {
        var io = golden.Tensors("io.safetensors");
        var needsHead = io.Names.Intersect(["logits", "labels", "gen.prompt"]).Any();
        using var model = (CausalModel)ModelFolder.Load(golden.Folder, golden.Device, headOptional: !needsHead);
        model.eval();
        var (tokens, mask, positions) = (io["input_ids"], io.Find("attention_mask"), io.Find("position_ids"));
        var real = mask?.unsqueeze(-1).to(@bool); // what padding computes is nobody's concern

        if (io.Find("logits") is { } logits)
            compare.Output("logits", model.Logits(tokens, mask, positions), logits, real);
        var states = model.HiddenStates(tokens, mask, positions);
        foreach (var (index, expected) in io.Under("hidden."))
            compare.Output($"hidden.{index}", states[int.Parse(index)], expected, real);
        if (io.Find("labels") is { } labels)
            ModelGradients.Check(model, model.Loss(tokens, labels, mask, positions), golden, compare);
        if (io.Find("gen.prompt") is { } prompt)
            CheckGeneration(model, prompt, io["gen.output"], io.Find("gen.attention_mask"), compare);
    }

    private static void CheckGeneration(CausalModel model, Tensor prompt, Tensor expected, Tensor? mask, Comparison compare)
    {
        var count = (int)(expected.shape[1] - prompt.shape[1]);
        compare.Output("gen.output", model.Generate(prompt, count, mask: mask ?? PaddingIn(prompt, model)), expected);
    }

    /// <summary>The mask that the reference infers for a prompt with padding tokens, unless these also end a text.</summary>
    private static Tensor? PaddingIn(Tensor prompt, CausalModel model)
    {
        if ((long?)model.Config["pad_token_id"] is not { } padding || !prompt.eq(padding).any().item<bool>())
            return null;
        var end = model.Config["eos_token_id"];
        var ends = end is JsonArray several ? several.Select(each => (long?)each) : [(long?)end];
        return ends.Contains(padding) ? null : prompt.ne(padding).to(int64);
    }
}

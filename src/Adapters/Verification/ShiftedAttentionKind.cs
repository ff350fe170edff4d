using Adapters.Mechanisms;
using static TorchSharp.torch;

namespace Adapters.Verification;

/// <summary>Shifted sparse attention on given queries, keys and values: outputs and gradients of each variant.</summary>
[GoldenKind("methods/s2-attention")]
[GoldenKind("core/s2-attention")]
internal sealed class ShiftedAttentionKind : IGoldenKind
{
    public void Check(GoldenCase golden, Comparison compare)
    {
        var tensors = GoldenLayer.TensorsOf(golden);
        var group = golden.Hyperparameter<int>("group");
        (string Name, ShiftedSparseAttention Attention)[] variants =
        [
            ("wrap", new ShiftedSparseAttention(group, ShiftEnds.Wrap)),
            ("split", new ShiftedSparseAttention(group, ShiftEnds.Split)),
            ("full", new ShiftedSparseAttention(2 * (int)tensors["in.q"].shape[2], ShiftEnds.Split)), // no cut falls within
        ];
        foreach (var (name, attention) in variants)
            if (tensors.Find($"out.{name}") is { } expected)
                CheckVariant(name, attention, expected, tensors, compare);
    }

    private static void CheckVariant(
        string variant, ShiftedSparseAttention attention, Tensor expected, GoldenTensors tensors, Comparison compare)
    {
        var (q, k, v) = (Leaf("q"), Leaf("k"), Leaf("v"));
        var attended = attention.Attend(q, Repeat(k), Repeat(v), tensors.Find("in.valid"))
            .transpose(1, 2); // [batch, seq, heads, width]
        compare.Output($"out.{variant}", attended, expected);

        if (tensors.Find("in.weight") is not { } weight)
            return; // and so no loss
        (attended * weight).sum().backward();
        foreach (var (name, leaf) in new[] { ("q", q), ("k", k), ("v", v) })
            if (tensors.Find($"grad.{variant}.{name}") is { } gradient)
                compare.Gradient($"grad.{variant}.{name}", leaf.grad, gradient);

        Tensor Leaf(string name) => tensors[$"in.{name}"].clone().requires_grad_();

        Tensor Repeat(Tensor x) => x.repeat_interleave(q.shape[1] / x.shape[1], dim: 1);
    }
}

using static TorchSharp.torch;

namespace Adapters.Models.Layers;

/// <summary>Draws of fresh weights, made on the CPU so that they are the same on every device.</summary>
internal static class FreshWeights
{
    /// <summary>A normal distribution around 0.</summary>
    public static void Normal(Tensor weight, double deviation, Generator generator) =>
        Fill(weight, draw => draw.normal_(0, deviation, generator));

    /// <summary>A normal distribution around 0, cut at -2 and 2 as the reference does: values, not deviations, so that next to
    /// nothing is cut. TorchSharp's own <c>trunc_normal_</c> fills the tensor with one value.</summary>
    public static void TruncatedNormal(Tensor weight, double deviation, Generator generator) =>
        Fill(weight, draw => draw.normal_(0, deviation, generator).clamp_(-2, 2));

    private static void Fill(Tensor weight, Action<Tensor> draw)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var fresh = empty(weight.shape);
        draw(fresh);
        weight.copy_(fresh);
    }
}

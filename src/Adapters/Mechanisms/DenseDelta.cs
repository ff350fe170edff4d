using Adapters.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>
/// An update of the whole matrix beside a layer, made of whatever is trained: <c>y + Δ·drop(x)</c>. Δ <c>[out, in]</c> is formed once
/// a call, in float32 whatever the base's precision is, so that a call costs about as much again as the layer itself.
/// </summary>
/// <param name="site">The layer.</param>
/// <param name="dropout">Share of the input that the update does not see in training; the base sees all of it.</param>
/// <param name="thinning">What of Δ is left out in training; null where nothing is.</param>
public abstract class DenseDelta(Site site, double dropout = 0, DeltaDropout? thinning = null) : ParallelAdapter(site)
{
    /// <inheritdoc/>
    public abstract override Tensor Delta();

    /// <inheritdoc/>
    public override Tensor Adapt(Tensor x, Tensor y)
    {
        using var scope = NewDisposeScope();
        var delta = Delta();
        if (training && thinning is not null)
            delta = thinning.Thin(delta);
        var update = Site.Apply(Dropped(x, delta.dtype, dropout), Site.Shape(delta));
        return (y.to(delta.dtype) + update).to(y.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>Takes a fresh tensor, drawn on the CPU, as trained, on the device of the layer.</summary>
    protected Parameter Train(string key, Tensor fresh) => Own(key, fresh.to(Site.Weight.device));
}

/// <summary>How much of an update a pass of training leaves out.</summary>
/// <param name="Rows">Share of the outputs that get no update, drawn anew each time.</param>
/// <param name="Rescales">Whether those that get one get more of it, so that the mean over all outputs is kept.</param>
/// <param name="Whole">Share of the passes in which the layer goes without.</param>
public sealed record DeltaDropout(double Rows, bool Rescales, double Whole)
{
    /// <summary>The update without what is left out. All of it still has a gradient, if a zero one.</summary>
    /// <param name="delta">Δ <c>[out, in]</c></param>
    public Tensor Thin(Tensor delta)
    {
        if (Whole > 0 && rand(1).item<float>() <= Whole)
            return delta * 0;
        if (Rows == 0)
            return delta;
        var kept = rand(delta.shape[0], 1, device: delta.device).gt(Rows).to(delta.dtype);
        return delta * (Rescales ? kept / kept.mean().clamp(min: 1.0 / delta.shape[0]) : kept);
    }
}

using static TorchSharp.torch;

namespace Adapters.Verification;

/// <summary>What may lie between ours and an expected element: <c>Absolute + Relative · |expected|</c>.</summary>
public readonly record struct Tolerance(double Absolute, double Relative)
{
    /// <summary>The largest error as a multiple of the tolerance; NaN never agrees, integers agree exactly.</summary>
    /// <param name="ours">Our tensor, of any shape and device.</param>
    /// <param name="expected">The reference's.</param>
    public double ShareUsed(Tensor ours, Tensor expected)
    {
        using var scope = NewDisposeScope();
        if (!ours.shape.SequenceEqual(expected.shape))
            return double.PositiveInfinity;
        if (expected.numel() == 0)
            return 0;
        if (!expected.is_floating_point())
            return ours.cpu().equal(expected.cpu()).all().item<bool>() ? 0 : double.PositiveInfinity;

        var (a, e) = (ours.detach().cpu().to(float64), expected.detach().cpu().to(float64));
        var share = ((a - e).abs() / (e.abs() * Relative + Absolute)).max().item<double>(); // a NaN element makes it NaN
        return double.IsNaN(share) ? double.PositiveInfinity : share;
    }
}

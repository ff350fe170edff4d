using System.ComponentModel.DataAnnotations;
using Adapters.Mechanisms;
using Adapters.Models;
using Adapters.Options;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Adapters.Methods.Dense;

/// <summary>
/// FourierFT: a few coefficients of the update's two-dimensional Fourier transform are trained, the others zero. Starts at a small
/// random update, unless told otherwise.
/// </summary>
/// <remarks>
/// Section 3 of the paper. The inverse transform divides by in·out, so that a scaling in the hundreds is a small one. Transforms are
/// computed in float32.
/// </remarks>
[AdapterMethod("fourierft",
    Source = "Gao et al. 2024, arXiv:2405.03003",
    Equation = "y = Wx + b + scaling·Re(ifft2(F))x, F zero but for n_frequency entries",
    ParametersPerLayer = "n_frequency",
    OperationsPerToken = "in * out",
    OperationsPerPass = "2 * in * out * log2(in * out)",
    OperationsToMerge = "2 * in * out * log2(in * out)",
    KeptShared = "shapes * n_frequency",
    StartsAt = "a random update, with entries of a deviation of scaling·√(n_frequency / 2) / (in·out)",
    PeftType = "FOURIERFT")]
internal sealed class FourierFt : SpectrumMethod<FourierFt.Options>
{
    public sealed record Options : SpectrumOptions
    {
        /// <summary>How the coefficients start: normal, of variance 1, or zero, which starts as the base.</summary>
        [AllowedValues("normal", "zero"), PeftField("init_weights", True = "zero", False = "normal")]
        public string Init { get; init; } = "normal";
    }

    protected override int UsualCount => 1000;

    /// <summary>PEFT's 150, or what lets entries start with a deviation of 0.02: more is noise louder than a weight.</summary>
    protected override double UsualScaling(long size, int count) => Math.Min(150, 0.02 * size / Math.Sqrt(count / 2.0));

    protected override SiteAdapter Create(Attachment on, Target target, Options options)
    {
        var (site, count) = (target.Site, CountOf(on, target, options));
        var size = site.Inputs * site.Outputs;
        var places = on.Share($"fourierft_places.{size}.{count}", Keeping.Remade,
            () => SparsePlaces.Draw(size, count, options.RandomLocSeed).to(site.Weight.device));
        var start = options.Init == "zero" ? zeros(count) : empty(count).normal_(0, 1, on.Generator);
        return new FourierDelta(site, start, places, options.Scaling!.Value);
    }

    private sealed class FourierDelta : DenseDelta
    {
        private readonly Parameter _spectrum;
        private readonly Tensor _places;
        private readonly double _scaling;

        public FourierDelta(Site site, Tensor start, Tensor places, double scaling) : base(site)
        {
            _spectrum = Train("fourierft_spectrum", start);
            (_places, _scaling) = (places, scaling);
        }

        public override Tensor Delta() =>
            fft.ifft2(SparsePlaces.Scatter(_spectrum, _places, Site.Outputs, Site.Inputs)).real * _scaling;
    }
}

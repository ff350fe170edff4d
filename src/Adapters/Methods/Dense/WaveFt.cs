using System.ComponentModel.DataAnnotations;
using Adapters.Mechanisms;
using Adapters.Models;
using Adapters.Options;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Adapters.Methods.Dense;

/// <summary>
/// WaveFT: a few coefficients of one level of the update's wavelet transform are trained, the others zero. Starts as the base,
/// because all are.
/// </summary>
/// <remarks>
/// As in PEFT the places are drawn from a matrix of the weight's size, which then lies in the middle of that of the coefficients; of
/// a longer wavelet those in between count, too, and are zero.
/// </remarks>
[AdapterMethod("waveft",
    Source = "Bilican et al. 2025, arXiv:2505.12532",
    Equation = "y = Wx + b + scaling·idwt2(C)x, C zero but for n_frequency entries",
    ParametersPerLayer = "n_frequency",
    OperationsPerToken = "in * out",
    OperationsPerPass = "4 * in * out",
    OperationsToMerge = "4 * in * out",
    KeptShared = "shapes * n_frequency",
    CostRemark = "the transform costs N times that with a wavelet of N moments",
    PeftType = "WAVEFT")]
internal sealed class WaveFt : SpectrumMethod<WaveFt.Options>
{
    public sealed record Options : SpectrumOptions
    {
        /// <summary>The wavelet: Daubechies' of 1 (Haar) to 10 vanishing moments, or a nearly symmetric one.</summary>
        [WaveletName, PeftField("wavelet_family")]
        public string WaveletFamily { get; init; } = "db1";

        /// <summary>Whether there is a transform at all; if not, the coefficients are entries of the update.</summary>
        [PeftField("use_idwt")]
        public bool UseIdwt { get; init; } = true;

        /// <summary>Whether a layer has coefficients in proportion to its size, and n_frequency is their mean.</summary>
        [PeftField("proportional_parameters")]
        public bool ProportionalParameters { get; init; }

        /// <summary>How the coefficients start: zero, or normal with a deviation of 0.01.</summary>
        [AllowedValues("zero", "normal"), PeftField("init_weights", True = "zero", False = "normal")]
        public string Init { get; init; } = "zero";

        /// <summary>Coefficients and places of all layers together.</summary>
        internal (long Coefficients, long Places) Whole { get; init; }
    }

    protected override int UsualCount => 2592;

    /// <summary>PEFT's 25, or what gives the entries of a small layer no more than that gives those of one of 768×768.</summary>
    protected override double UsualScaling(long size, int count) =>
        25 * Math.Min(1, Math.Sqrt((double)size / count * UsualCount / (768 * 768)));

    protected override Options Completed(Attachment on, IReadOnlyList<Target> targets, Options options)
    {
        options = base.Completed(on, targets, options);
        return options with { Whole = ((long)options.NFrequency!.Value * targets.Count, targets.Sum(target => SizeOf(target.Site))) };
    }

    /// <summary>A share in proportion is rounded as PEFT does, halves to even.</summary>
    protected override Options OptionsFor(Target target, Options options)
    {
        if (!options.ProportionalParameters)
            return base.OptionsFor(target, options);
        var share = (double)SizeOf(target.Site) / options.Whole.Places;
        return options with { NFrequency = (int)Math.Max(1, Math.Round(share * options.Whole.Coefficients)) };
    }

    private static long SizeOf(Site site) => site.Inputs * site.Outputs;

    protected override SiteAdapter Create(Attachment on, Target target, Options options)
    {
        var (site, count) = (target.Site, CountOf(on, target, options));
        var wavelet = options.UseIdwt ? Wavelet.Called(options.WaveletFamily) : null;
        var start = options.Init == "zero" ? zeros(count) : empty(count).normal_(0, 0.01, on.Generator);
        var places = on.Share($"waveft_places.{site.Outputs}.{site.Inputs}.{count}", Keeping.Remade, () =>
        {
            var drawn = SparsePlaces.Draw(SizeOf(site), count, options.RandomLocSeed);
            return (wavelet is null ? drawn : WaveletDelta.Arranged(drawn, site, wavelet)).to(site.Weight.device);
        });
        return new WaveletDelta(site, start, places, wavelet, options.Scaling!.Value);
    }

    private sealed class WaveletDelta : DenseDelta
    {
        private readonly Parameter _spectrum;
        private readonly Tensor _places;
        private readonly Wavelet? _wavelet;
        private readonly double _scaling;

        public WaveletDelta(Site site, Tensor start, Tensor places, Wavelet? wavelet, double scaling) : base(site)
        {
            _spectrum = Train("waveft_spectrum", start);
            (_places, _wavelet, _scaling) = (places, wavelet, scaling);
        }

        public override Tensor Delta()
        {
            if (_wavelet is null)
                return SparsePlaces.Scatter(_spectrum, _places, Site.Outputs, Site.Inputs) * _scaling;
            var coefficients = SparsePlaces.Scatter(_spectrum, _places, Padded(Site.Outputs, _wavelet), Padded(Site.Inputs, _wavelet));
            return _wavelet.Inverse(coefficients).narrow(0, 0, Site.Outputs).narrow(1, 0, Site.Inputs) * _scaling;
        }

        /// <summary>
        /// Places in the weight's matrix as places in that of the coefficients. PEFT has the high-pass along rows on the right and along
        /// columns below, where the transform has it the other way round.
        /// </summary>
        public static Tensor Arranged(Tensor drawn, Site site, Wavelet wavelet)
        {
            var (rows, columns) = (Padded(site.Outputs, wavelet), Padded(site.Inputs, wavelet));
            var row = drawn.div(site.Inputs, RoundingMode.floor) + (rows - site.Outputs) / 2;
            var column = drawn.remainder(site.Inputs) + (columns - site.Inputs) / 2;
            var (lower, right) = (row.ge(rows / 2).to(int64), column.ge(columns / 2).to(int64));
            return (row + (right - lower) * (rows / 2)) * columns + column + (lower - right) * (columns / 2);
        }

        /// <summary>Coefficients along a dimension: an even number from which the inverse transform makes no fewer than it has.</summary>
        private static long Padded(long dimension, Wavelet wavelet)
        {
            var least = dimension + wavelet.Reduction;
            return least + least % 2;
        }
    }
}

using System.ComponentModel.DataAnnotations;
using Adapters.Mechanisms;
using Adapters.Options;

namespace Adapters.Methods;

/// <summary>LoRA: y = Wx + s·B(A·drop(x)) with W frozen and s = alpha / rank. Starts as the base, because B = 0.</summary>
/// <remarks>
/// Section 4.1 of the paper. A is drawn as the authors' code does, uniform in ±1/√in; the paper says Gaussian.
/// r·(in + out) parameters a layer.
/// </remarks>
[AdapterMethod("lora", Source = "Hu et al. 2021, arXiv:2106.09685")]
internal sealed class Lora : AdapterMethod<Lora.Options>
{
    public sealed record Options
    {
        /// <summary>Inner dimension r of the update.</summary>
        [Range(1, 65536)]
        public int Rank { get; init; } = 8;

        /// <summary>Numerator of the update's scale.</summary>
        [Range(0.0, 1e6), Mutable]
        public double Alpha { get; init; } = 16;

        /// <summary>Share of the input that the update does not see in training.</summary>
        [Range(0.0, 0.99), Mutable]
        public double Dropout { get; init; }

        /// <summary>Whether the scale is alpha / √rank, steady at high ranks (Kalajdzievski 2023, arXiv:2312.03732).</summary>
        public bool Rslora { get; init; }

        /// <summary>Layers to adapt, by name or dotted end of it, or all-linear; the model's default where absent.</summary>
        public IReadOnlyList<string>? TargetModules { get; init; }

        /// <summary>Which biases of the base are trained along.</summary>
        public BiasTraining Bias { get; init; }

        /// <summary>What the update is multiplied by.</summary>
        internal double Scale => Alpha / (Rslora ? Math.Sqrt(Rank) : Rank);
    }

    protected override void Attach(Attachment on, Options options)
    {
        foreach (var (name, site) in on.Targets(options.TargetModules, options.Rank))
        {
            var factors = LowRankFactors.Fresh(site, options.Rank, options.Scale, options.Dropout, on.Generator);
            on.Put(name, new LowRankDelta(factors));
        }

        on.Free(options.Bias);

        on.Config["r"] = options.Rank;
        on.Config["lora_alpha"] = options.Alpha;
        on.Config["lora_dropout"] = options.Dropout;
        on.Config["use_rslora"] = options.Rslora;
    }
}

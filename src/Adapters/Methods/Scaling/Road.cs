using System.ComponentModel.DataAnnotations;
using Adapters.Mechanisms;
using Adapters.Models;
using Adapters.Options;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace Adapters.Methods.Scaling;

/// <summary>RoAd: a layer's outputs are taken in pairs, and each pair is turned by a trained angle and stretched. Starts as the base,
/// because the angles are 0 and the lengths 1.</summary>
/// <remarks>
/// Equation 4 of the paper. As in PEFT the bias is turned too, and a pair is an output of the first half of a group and the one of the
/// same place in the second half.
/// </remarks>
[AdapterMethod("road",
    Source = "Liao and Monz 2024, arXiv:2409.00119",
    Equation = "y = R(Wx + b), (u, v) ↦ α (u cos θ - v sin θ, v cos θ + u sin θ)",
    ParametersPerLayer = "out",
    OperationsPerToken = "0",
    OperationsToMerge = "0",
    PeftType = "ROAD", PeftInert = ["init_weights"])]
internal sealed class Road : LayerMethod<Road.Options>
{
    public sealed record Options : TargetOptions
    {
        /// <summary>Whether a pair has one angle and length (road_1), each output its own (road_2), or each of the four entries of a
        /// pair's matrix (road_4).</summary>
        [AllowedValues("road_1", "road_2", "road_4"), PeftField("variant")]
        public string Variant { get; init; } = "road_1";

        /// <summary>Outputs in whose two halves the pairs lie; an even divisor of a layer's outputs. PEFT's 64 does not divide those
        /// of small layers.</summary>
        [Range(2, 65536), PeftField("group_size")]
        public int GroupSize { get; init; } = 16;
    }

    protected override SiteAdapter Create(Attachment on, Target target, Options options)
    {
        if (options.GroupSize % 2 != 0)
            throw new AdapterException($"Option 'group_size' of method '{on.Method}' is {options.GroupSize}, but must be even.");
        if (target.Site.Outputs % options.GroupSize != 0)
            throw new AdapterException($"Option 'group_size' of method '{on.Method}' is {options.GroupSize}, but {target.Name} has "
                + $"{target.Site.Outputs} outputs, which it must divide.");
        return new PairRotation(target.Site, options);
    }

    private sealed class PairRotation : OutputTransform
    {
        private readonly Options _options;
        private readonly Parameter _angle;
        private readonly Parameter _length;

        public PairRotation(Site site, Options options) : base(site)
        {
            _options = options;
            var count = options.Variant switch { "road_1" => site.Outputs / 2, "road_2" => site.Outputs, _ => 2 * site.Outputs };
            _angle = Own("road_theta", zeros(count, device: site.Weight.device));
            _length = Own("road_alpha", ones(count, device: site.Weight.device));
        }

        protected override Tensor Map(Tensor features)
        {
            var (along, across) = (Spread(_length * _angle.cos(), 0), Spread(_length * _angle.sin(), 1));
            var halves = features.reshape(-1, 2, _options.GroupSize / 2);
            var quarterTurn = stack([-halves.select(1, 1), halves.select(1, 0)], 1).reshape(features.shape);
            return features * along + quarterTurn * across;
        }

        /// <summary>One number an output: those of a pair are one in road_1, the first or second half of a group's in road_4.</summary>
        private Tensor Spread(Tensor values, long which) => _options.Variant switch
        {
            "road_1" => values.reshape(-1, _options.GroupSize / 2).repeat_interleave(2, dim: 0).flatten(),
            "road_2" => values,
            _ => values.reshape(-1, 2, _options.GroupSize).select(1, which).flatten(),
        };
    }
}

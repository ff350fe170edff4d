using System.ComponentModel.DataAnnotations;
using Adapters.Mechanisms;
using Adapters.Models;
using Adapters.Options;
using static TorchSharp.torch;

namespace Adapters.Methods.Weights;

/// <summary>GLoRA: weight and bias are scaled and shifted, each by what is trained in the form that the options choose. Starts as the
/// base, because all of it is zero.</summary>
/// <remarks>Without the paper's search over the forms. Where the layer has no bias, there is nothing to scale or to shift in
/// it.</remarks>
[AdapterMethod("glora",
    Source = "Chavan et al. 2023, arXiv:2306.07967",
    Equation = "W' = W + W⊙A + B, b' = b + b⊙D + E + WC",
    ParametersPerLayer = "2 * rank * (in + out) + bias * (rank * (in + 1) + 2)",
    OperationsPerToken = "0",
    OperationsPerPass = "2 * rank * in * out + bias * (rank * in + in * out)",
    OperationsToMerge = "2 * rank * in * out + bias * (rank * in + in * out)",
    PeftType = "GLORA", PeftInert = ["init_weights"])]
internal sealed class Glora : LayerMethod<Glora.Options>
{
    public sealed record Options : TargetOptions
    {
        /// <summary>Inner dimension of what is of low rank.</summary>
        [Range(1, 65536), PeftField("r")]
        public int Rank { get; init; } = 8;

        /// <summary>Form of the weight's scale A and shift B: a product of two factors, a number for each output, or one.</summary>
        [AllowedValues("lora", "vector", "constant", "none"), PeftField("config_A_B")]
        public string ConfigAb { get; init; } = "lora";

        /// <summary>Form of C, which shifts the bias by what the weight makes of it: a product of two factors, or a number for each
        /// input.</summary>
        [AllowedValues("lora", "vector", "none"), PeftField("config_C")]
        public string ConfigC { get; init; } = "lora";

        /// <summary>Form of the bias's scale D and shift E: a number for each output, or one number.</summary>
        [AllowedValues("constant", "vector", "none"), PeftField("config_D_E")]
        public string ConfigDe { get; init; } = "constant";
    }

    protected override SiteAdapter Create(Attachment on, Target target, Options options)
    {
        var hasBias = target.Site.Bias is not null;
        if (options.ConfigAb == "none" && (!hasBias || (options.ConfigC == "none" && options.ConfigDe == "none")))
            throw new AdapterException($"Options 'config_ab', 'config_c' and 'config_de' of method '{on.Method}' are none, "
                + $"{options.ConfigC} and {options.ConfigDe}, and {target.Name} has {(hasBias ? "a" : "no")} bias, "
                + "so nothing would be trained in it.");
        return new ScaledAndShifted(target.Site, options, on.Generator);
    }

    private sealed class ScaledAndShifted : WeightEdit
    {
        private readonly Func<Tensor>? _a;
        private readonly Func<Tensor>? _b;
        private readonly Func<Tensor>? _c;
        private readonly Func<Tensor>? _d;
        private readonly Func<Tensor>? _e;

        public ScaledAndShifted(Site site, Options options, Generator generator) : base(site)
        {
            _a = Trained("glora_A", options.ConfigAb, [site.Outputs, 1], site.Inputs);
            _b = Trained("glora_B", options.ConfigAb, [site.Outputs, 1], site.Inputs);
            if (site.Bias is null)
                return;
            _c = Trained("glora_C", options.ConfigC, [site.Inputs, 1], 1);
            _d = Trained("glora_D", options.ConfigDe, [site.Outputs]);
            _e = Trained("glora_E", options.ConfigDe, [site.Outputs]);

            Func<Tensor>? Trained(string key, string form, long[] vector, long columns = 1)
            {
                var device = site.Weight.device;
                if (form == "none")
                    return null;
                if (form != "lora")
                {
                    var numbers = Own($"{key}.X", zeros(form == "vector" ? vector : [1], device: device));
                    return () => numbers;
                }

                var down = Own($"{key}.Xd", zeros(vector[0], options.Rank, device: device));
                var up = Own($"{key}.Xu", FreshFactor.KaimingUniform([options.Rank, columns], generator).to(device));
                return () => down.matmul(up);
            }
        }

        protected override LayerWeights Edit(LayerWeights layer)
        {
            var (matrix, bias) = layer;
            if (_a is not null && _b is not null)
                matrix = matrix + matrix * _a() + _b();
            if (bias is not null && _d is not null && _e is not null)
                bias = bias + layer.Bias! * _d() + _e();
            if (bias is not null && _c is not null)
                bias = bias + layer.Matrix.matmul(_c()).squeeze(1);
            return new(matrix, bias);
        }
    }
}

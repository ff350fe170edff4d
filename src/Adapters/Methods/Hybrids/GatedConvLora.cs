using System.ComponentModel.DataAnnotations;
using Adapters.Mechanisms;
using static TorchSharp.torch;

namespace Adapters.Methods.Hybrids;

/// <summary>
/// Conv-LoRA with MoLE's gate: all convolutions see each image, weighed by a softmax that the task's own loss trains.
/// </summary>
/// <remarks>
/// Conv-LoRA's top-1 choice passes no gradient of the task to its gate; here it does, at the cost of running all scales. With
/// the temperature going to 0 it is the top-1 choice, with one convolution it is Conv-LoRA. The balance term is MoLE's, for each
/// layer on its own. Starts as the base, because B = 0.
/// </remarks>
[AdapterMethod("gated-conv-lora",
    Source = "of Zhong et al. 2024, arXiv:2401.17868, and Wu et al. 2024, arXiv:2404.13628",
    Equation = "y = Wx + b + s·B(h + Σ softmax(f·W_g / τ)_e·z_e), z_e = Down_e(GELU(Conv3x3_e(Up_e(h)))), f the mean of h",
    ParametersPerLayer = "rank * (in + out) + experts * (9 * rank * rank + rank) + rank * experts + train_temperature",
    OperationsPerToken = "rank * (in + out) + taps * rank * rank",
    OperationsPerPass = "rank * experts",
    CostRemark = "taps are the sum over all experts: " + ConvLora.TapsByScale,
    CannotMerge = "its convolutions look at the whole map, and each image weighs them on its own",
    Families = ["sam", "vit"])]
internal sealed class GatedConvLora : AdapterMethod<GatedConvLora.Options>
{
    public sealed record Options : ConvLora.ConvOptions
    {
        /// <summary>Temperature τ of the gate: high weighs all alike, near 0 only the best counts.</summary>
        [Range(SoftmaxGate.LowestTemperature, 1e6)]
        public double Temperature { get; init; } = 1;

        /// <summary>Whether the temperature is trained, each layer's by itself, as MoLE's is.</summary>
        public bool TrainTemperature { get; init; }
    }

    protected override void Attach(Attachment on, Options options) => ConvLora.Attach(on, options, ExpertCombination.Sum,
        () => new SoftmaxGate(zeros(options.Rank, options.Experts, device: on.Model.Device), options.Temperature,
            options.TrainTemperature));
}

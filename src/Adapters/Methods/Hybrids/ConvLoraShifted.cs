using System.ComponentModel.DataAnnotations;
using Adapters.Mechanisms;
using static TorchSharp.torch;

namespace Adapters.Methods.Hybrids;

/// <summary>
/// Conv-LoRA whose convolutions see the map in windows, half of the channels in windows shifted by half a window; where it is
/// told to, only the regions that score best are convolved.
/// </summary>
/// <remarks>
/// LongLoRA's shifted sparse attention carried over to Conv-LoRA. Windows from twice the map's size on, and the whole budget, are
/// Conv-LoRA; windows of just its size are not, because the shifted ones still cut it, except without a shift; rolled ones of no
/// size are. Starts as the base, because B = 0.
/// </remarks>
[AdapterMethod("conv-lora-shifted",
    Source = "of Zhong et al. 2024, arXiv:2401.17868, and Chen et al. 2023, arXiv:2309.12307",
    Equation = "y = Wx + b + s·B(h + z), z by windows: 2·sigmoid(f·v)·Down_e(GELU(Conv3x3_e(Up_e(h)))), f the mean of h in a window",
    ParametersPerLayer = "rank * (in + out) + experts * (9 * rank * rank + rank) + 2 * rank * experts + rank",
    OperationsPerToken = "rank * (in + out) + budget * top_k * taps * rank * rank",
    OperationsPerPass = "windows * rank * (experts + 1)",
    CostRemark = "windows are those of both cuts, without a shift of the one; taps of an expert are " + ConvLora.TapsByScale,
    CannotMerge = "its convolutions look at whole windows, and each window is routed to its own",
    Families = ["sam", "vit"])]
internal sealed class ConvLoraShifted : AdapterMethod<ConvLoraShifted.Options>
{
    public sealed record Options : ConvLora.Options
    {
        /// <summary>Height and width of a window in patches, even.</summary>
        [Range(2, 65536)]
        public int Window { get; init; } = 8;

        /// <summary>How the windows of the second half of the channels are shifted by half a window: cut smaller at the map's borders,
        /// of the map rolled, so that those at its borders join across it, or not at all.</summary>
        public WindowShift Shift { get; init; }

        /// <summary>Share of an image's windows that are convolved: those that score best. The others get plain LoRA.</summary>
        [Range(0.001, 1.0)]
        public double Budget { get; init; } = 1;
    }

    protected override void Attach(Attachment on, Options options)
    {
        if (options.Window % 2 != 0)
            throw new AdapterException(
                $"Option 'window' of method '{on.Method}' is {options.Window}, but must be even: windows shift by half of it.");
        ConvLora.Attach(on, options, options.Combine, ConvLora.Router(on, options),
            () => new ShiftedWindows(options.Window, options.Budget, zeros(options.Rank, device: on.Model.Device), options.Shift));
    }
}

using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Mechanisms;

/// <summary>
/// Chooses k of M experts for each sample by noisy logits: <c>c + ξ·(softplus(f·W_n) + ε)</c> in training, <c>c = f·W_g</c>
/// in evaluation; the gates are the softmax over the k largest. Both weights start at zero, so that routing starts at random.
/// </summary>
/// <remarks>
/// Shazeer et al. 2017, arXiv:1701.06538, section 2.1 and appendix A, with the floor ε that Conv-LoRA's code adds.
/// Computed in float32. ξ comes from Torch's default generator.
/// </remarks>
public sealed class NoisyTopKGate : IExpertRouter
{
    /// <summary>A gate from given weights.</summary>
    /// <param name="weight">W_g <c>[features, experts]</c></param>
    /// <param name="noiseWeight">W_n <c>[features, experts]</c></param>
    /// <param name="chosen">k, from 1 to the number of experts.</param>
    /// <param name="noiseFloor">ε, the least deviation of the noise.</param>
    public NoisyTopKGate(Tensor weight, Tensor noiseWeight, int chosen, double noiseFloor = 0.01) =>
        (Weight, NoiseWeight, Chosen, NoiseFloor) = (Parameter(weight), Parameter(noiseWeight), chosen, noiseFloor);

    /// <summary>A fresh gate, which routes at random in training and to the first k experts in evaluation.</summary>
    public static NoisyTopKGate Fresh(long features, long experts, int chosen, Device device) =>
        new(zeros(features, experts, device: device), zeros(features, experts, device: device), chosen);

    /// <summary>W_g <c>[features, experts]</c></summary>
    public Parameter Weight { get; }

    /// <summary>W_n <c>[features, experts]</c></summary>
    public Parameter NoiseWeight { get; }

    /// <summary>k</summary>
    public int Chosen { get; }

    /// <summary>ε</summary>
    public double NoiseFloor { get; }

    /// <inheritdoc/>
    public IReadOnlyList<(string Key, Parameter Value)> Parameters => [("weight", Weight), ("noise_weight", NoiseWeight)];

    /// <summary>Draws ξ of a shape; replaced where a recorded draw is played back.</summary>
    internal Func<Tensor, Tensor> Draw { get; set; } = like => randn_like(like);

    /// <inheritdoc/>
    public GateChoice Choose(Tensor features, bool training, long sharing = 1)
    {
        var experts = Weight.shape[1];
        var clean = features.matmul(Weight); // [samples, experts]
        var deviation = training ? functional.softplus(features.matmul(NoiseWeight)) + NoiseFloor : null;
        var logits = deviation is null ? clean : clean + Noise(clean, sharing) * deviation;

        // Not topk: among equal logits a stable sort keeps the lowest index, on every device.
        var (sorted, order) = logits.sort(dim: 1, descending: true, stable: true);
        var chosen = order.narrow(1, 0, Chosen);
        var gates = zeros_like(logits).scatter(1, chosen, sorted.narrow(1, 0, Chosen).softmax(1)); // [samples, experts]
        var load = deviation is null || Chosen == experts
            ? gates.gt(0).sum(dim: 0).to(gates.dtype)
            : SmoothLoad(clean, logits, deviation, sorted);
        return new GateChoice(logits, deviation, gates, chosen, load);
    }

    private Tensor Noise(Tensor clean, long sharing) => sharing == 1
        ? Draw(clean)
        : Draw(clean.reshape(-1, sharing, clean.shape[1]).select(1, 0)).repeat_interleave(sharing, 0);

    /// <summary>
    /// Expected number of samples an expert would get, were its own noise drawn again: what gives W_g and W_n a gradient.
    /// </summary>
    private Tensor SmoothLoad(Tensor clean, Tensor logits, Tensor deviation, Tensor sorted)
    {
        var toStay = sorted.narrow(1, Chosen, 1); // the best that was not chosen
        var toEnter = sorted.narrow(1, Chosen - 1, 1); // the worst that was
        var threshold = where(logits.gt(toStay), toStay, toEnter);
        var normal = ((clean - threshold) / deviation / Math.Sqrt(2)).erf();
        return ((normal + 1) / 2).sum(dim: 0);
    }
}

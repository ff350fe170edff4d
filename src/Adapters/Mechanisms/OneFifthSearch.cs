using Adapters.Tasks.Data;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>
/// A search for a few parameters without gradients: the (1+1) evolution strategy, whose steps grow after a success and shrink
/// after a failure, so that about one in five succeeds (Rechenberg 1973; its smooth form, Kern et al. 2004, "Learning
/// probability distributions in continuous evolutionary algorithms").
/// </summary>
/// <remarks>Its draws are functions of seed and step and the rest of its state is one tensor, so a search can be gone on with.</remarks>
internal sealed class OneFifthSearch(Parameter parameter, Tensor state, double bound, ulong seed)
{
    private const double Target = 0.2; // share of successes

    /// <summary>The state before the first step: the best loss, and the deviation of a step.</summary>
    /// <param name="bound">Limit of each parameter's magnitude.</param>
    public static Tensor Start(double bound) => tensor(new[] { double.PositiveInfinity, bound / 3 });

    /// <summary>
    /// Tries one candidate. The first is the parameters as they are; later ones are left in place only if they are no worse.
    /// </summary>
    /// <param name="step">The step's number, from 1.</param>
    /// <param name="objective">Loss of the parameters as they are now.</param>
    /// <returns>The least loss so far, which is that of the parameters as they are left.</returns>
    public double Step(int step, Func<double> objective)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var (best, deviation) = (state[0].item<double>(), state[1].item<double>());
        var before = parameter.clone();
        if (step > 1)
            parameter.copy_((before + Draw(step).to(before.device) * deviation).clamp(-bound, bound));
        var loss = objective();
        var succeeds = loss <= best;
        if (succeeds)
            best = loss;
        else
            parameter.copy_(before);
        if (step > 1)
            deviation *= Math.Exp(((succeeds ? 1 : 0) - Target) / Math.Sqrt(parameter.numel() + 1));
        state.copy_(tensor(new[] { best, deviation }));
        return best;
    }

    private Tensor Draw(int step)
    {
        using var generator = new Generator(SplitMix64.Of(seed, (ulong)step).Next(), CPU);
        return empty(parameter.shape).normal_(0, 1, generator);
    }
}

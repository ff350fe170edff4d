using Adapters.Mechanisms;
using Adapters.Methods.Compositions;
using static TorchSharp.torch;

namespace Adapters.Verification;

/// <summary>Trained updates of one layer summed by weights, as products (nla) or factor by factor (lorahub).</summary>
internal static class CompositionCase
{
    public static void Check(GoldenCase golden, GoldenTensors tensors, Comparison compare)
    {
        using var frozen = no_grad();
        using var site = GoldenLayer.From(tensors["in.weight"], tensors.Find("in.bias"));
        using var generator = new Generator(0);
        var (alphas, ranks) = (golden.Numbers("alphas"), golden.Numbers("ranks"));
        LowRankExpert[] experts = [.. ranks.Select((rank, n) =>
            new LowRankExpert(tensors[$"in.lora_A.{n}"], tensors[$"in.lora_B.{n}"], alphas[n] / rank))];
        var given = tensors["in.weights"];
        (string Name, Nla.Options Options)[] sums =
        [
            ("sum", new() { Normalize = false }),
            ("normalised", new() { Normalize = true }),
            ("weighted", new() { Normalize = false, Weights = [.. given.to(float64).data<double>()] }),
        ];
        foreach (var (name, options) in sums)
            Compare(name, () =>
            {
                var weights = options.WeightsOf("nla", experts.Length);
                var (a, b) = Nla.Concatenated(new ComposedLayer("nla", "lin", site, experts, weights, generator));
                return new FrozenLowRank(site, a, b);
            });
        Compare("lorahub", () => new WeightedFactors(site, FactorSums.Alike("lorahub", "lin", experts), given));

        void Compare(string name, Func<SiteAdapter> compose)
        {
            if (tensors.Find($"out.{name}") is not { } expected)
                return;
            using var composed = compose();
            site.Put(composed);
            compare.Output($"out.{name}", site.call(tensors["in.x"]), expected);
            site.Remove(composed);
        }
    }
}

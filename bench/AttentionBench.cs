using Adapters.Mechanisms;
using Adapters.Models.Causal;
using static TorchSharp.torch;

namespace Bench;

/// <summary>Shifted sparse attention against full attention: forward and backward of one block, by length.</summary>
internal static class AttentionBench
{
    private const int Rounds = 15;
    private static readonly int[] Lengths = [256, 512, 1024, 2048, 4096];

    public static Report Run() => new(
        "attention",
        $"one block of nano, forward and backward, one sequence, groups of a quarter; {Rounds} alternating rounds, median (quartiles)",
        ["tokens", "full ms", "shifted ms", "speed of shifted against full"],
        [.. Lengths.Select(Compare)]);

    private static IReadOnlyList<object> Compare(int length)
    {
        using var model = NanoModel.Create(length, layers: 1);
        using var tokens = randint(NanoModel.Vocabulary, [1, length]);
        var shifted = new ShiftedSparseAttention(length / 4, ShiftEnds.Split);
        model.train();

        var times = Alternation.Time(Rounds, [() => Pass(model, tokens, null), () => Pass(model, tokens, shifted)]);

        return
        [
            length, 1000 * Spread.Of(times[0]).Median, 1000 * Spread.Of(times[1]).Median,
            Spread.OfRatio(times[0], times[1]),
        ];
    }

    private static TimeSpan Pass(CausalModel model, Tensor tokens, ICausalAttention? attention)
    {
        model.TrainingAttention = attention;
        return Alternation.Of(() =>
        {
            using var scope = NewDisposeScope();
            model.Hidden(tokens).square().mean().backward();
        });
    }
}

using Adapters.Mechanisms;
using Adapters.Methods;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.Hybrids;

public sealed class ConvLoraShiftedTests : TorchTest
{
    private const string Vit = "vit/base"; // 4×4 patches

    [Theory]
    [InlineData(Vit, 8, "split", true)]
    [InlineData(Vit, 4, "split", false)] // the shifted windows still cut it
    [InlineData(Vit, 4, "none", true)]
    [InlineData(Vit, 2, "none", false)]
    [InlineData("sam/window-global", 16, "split", true)] // 8×8
    [InlineData("sam/window-global", 8, "split", false)]
    [InlineData("sam/window-global", 8, "none", true)]
    public void Windows_that_hold_the_map_are_conv_lora_in_evaluation_training_and_balance(string on, int window, string shift, bool same)
    {
        using var frozen = no_grad();
        var whole = Traces("conv-lora", on, """{"experts": 4}""");
        var windows = Traces("conv-lora-shifted", on, $$"""{"experts": 4, "window": {{window}}, "shift": "{{shift}}"}""");

        Assert.Equal(same, windows.Evaluated.allclose(whole.Evaluated, 1e-4, 1e-5));
        Assert.Equal(same, Math.Abs(whole.Loss - windows.Loss) <= 1e-5 * Math.Abs(whole.Loss));
    }

    [Fact]
    public void Without_convolution_it_is_lora()
    {
        using var model = new TinyBase(Vit).Load();
        using var frozen = no_grad();
        const string Options = """{"rank": 4, "alpha": 8}""";
        Dictionary<string, Tensor> factors;
        Tensor shifted;
        using (var adapter = TinyBase.Attach("conv-lora-shifted", model, """{"rank": 4, "alpha": 8, "window": 2, "budget": 0.5}"""))
        {
            TinyBase.Perturb(adapter);
            foreach (var (_, expert) in adapter.Trainable.Where(pair => pair.Name.Contains(".lora_experts.", StringComparison.Ordinal)))
                expert.zero_();
            factors = adapter.Trainable.ToDictionary(pair => pair.Name, pair => pair.Parameter.clone());
            shifted = TinyBase.Evaluate(model);
        }

        using var lora = TinyBase.Attach("lora", model, Options);
        foreach (var (name, parameter) in lora.Trainable)
            parameter.copy_(factors[name]);

        TensorAssert.Close(TinyBase.Evaluate(model), shifted, 0);
    }

    [Fact]
    public void Each_half_of_the_channels_is_convolved_within_the_windows_of_its_own_cut()
    {
        var (experts, map) = (Experts(), randn(2, 3, 5, 6));
        var update = new ShiftedWindows(4, 1, zeros(3)).Of(map, experts, training: false).Update;

        // Cuts at 4, and at 2: one expert, scale 1, so a window's output is that of the window alone.
        Expect(0, 2, rows: [0, 4, 5], columns: [0, 4, 6]);
        Expect(2, 1, rows: [0, 2, 5], columns: [0, 2, 6]);

        void Expect(long channel, long count, long[] rows, long[] columns)
        {
            foreach (var (top, bottom) in rows.Zip(rows.Skip(1)))
                foreach (var (left, right) in columns.Zip(columns.Skip(1)))
                {
                    var alone = experts.Of(Cut(map), training: false).Update.narrow(1, channel, count);
                    TensorAssert.Close(alone, Cut(update).narrow(1, channel, count));

                    Tensor Cut(Tensor of) => of.narrow(2, top, bottom - top).narrow(3, left, right - left);
                }
        }
    }

    [Theory]
    [InlineData(4, 8)] // whole windows
    [InlineData(5, 6)] // smaller ones at the end
    public void Wrapped_the_second_half_sees_the_windows_of_the_rolled_map(long height, long width)
    {
        var (experts, map) = (Experts(), randn(2, 3, height, width));
        var rolled = map.roll([-2, -2], [2, 3]);

        var wrapped = new ShiftedWindows(4, 1, zeros(3), WindowShift.Wrap).Of(map, experts, training: false);
        var cut = new ShiftedWindows(4, 1, zeros(3)).Of(map, experts, training: false);

        TensorAssert.Close(cut.Update.narrow(1, 0, 2), wrapped.Update.narrow(1, 0, 2));
        foreach (var (top, bottom) in Cuts(height))
            foreach (var (left, right) in Cuts(width))
            {
                var alone = experts.Of(Window(rolled), training: false).Update.narrow(1, 2, 1);
                TensorAssert.Close(alone, Window(wrapped.Update.roll([-2, -2], [2, 3])).narrow(1, 2, 1));

                Tensor Window(Tensor of) => of.narrow(2, top, bottom - top).narrow(3, left, right - left);
            }

        static IEnumerable<(long, long)> Cuts(long length) =>
            Enumerable.Range(0, (int)(length + 3) / 4).Select(i => (4L * i, Math.Min(4L * (i + 1), length)));
    }

    [Fact]
    public void Only_the_best_windows_are_convolved_and_each_counts_by_its_score()
    {
        var (experts, map) = (Experts(), zeros(1, 3, 4, 4));
        map[0, 0, ..2, 2..] = 1; // the second of four windows of the plain cut, f·v = 1
        map[0, 0, 2.., ..2] = -1; // the third, f·v = -1
        var score = tensor(new float[] { 1, 0, 0 });

        var whole = new ShiftedWindows(2, 1, score.clone()).Of(map, experts, training: false).Update;
        var budgeted = new ShiftedWindows(2, 0.5, score.clone()).Of(map, experts, training: false).Update;
        var unweighed = new ShiftedWindows(2, 1, zeros(3)).Of(map, experts, training: false).Update;

        var plain = budgeted.narrow(1, 0, 2);
        TensorAssert.Close(unweighed[0, ..2, ..2, 2..] * (2 / (1 + Math.Exp(-1))), whole[0, ..2, ..2, 2..]);
        TensorAssert.Close(whole[0, ..2, ..2, ..], plain[0, .., ..2, ..]); // the second by its score, the first as first of equals
        Assert.Equal(0, plain[0, .., 2.., ..].abs().max().item<float>());
        Assert.True(whole[0, ..2, 2.., ..].abs().min().item<float>() > 0);
    }

    [Fact]
    public void An_odd_window_is_refused()
    {
        using var model = new TinyBase(Vit).Load();

        var refused = Assert.Throws<AdapterException>(() => TinyBase.Attach("conv-lora-shifted", model, """{"window": 3}"""));

        Assert.Equal("Option 'window' of method 'conv-lora-shifted' is 3, but must be even: windows shift by half of it.",
            refused.Message);
    }

    private static GatedScales Experts()
    {
        manual_seed(4);
        return new GatedScales(NoisyTopKGate.Fresh(3, 1, 1, CPU), new ScaleExperts(randn([1, 3, 3, 3, 3]), randn(1, 3) + 2, [1]),
            ExpertCombination.Sum);
    }

    /// <summary>With all that both have moved alike, and what a window is scored by left at zero.</summary>
    private static (Tensor Evaluated, double Loss) Traces(string method, string on, string options)
    {
        using var model = new TinyBase(on).Load();
        using var adapter = TinyBase.Attach(method, model, options);
        foreach (var (name, parameter) in adapter.Trainable.Where(pair => !pair.Name.EndsWith(".score", StringComparison.Ordinal)))
        {
            using var generator = new Generator((ulong)name.Sum(letter => letter));
            parameter.add_(empty(parameter.shape).normal_(0, 0.3, generator));
        }

        var evaluated = TinyBase.Evaluate(model);
        manual_seed(2);
        return (evaluated, TinyBase.Loss(adapter).item<float>());
    }
}

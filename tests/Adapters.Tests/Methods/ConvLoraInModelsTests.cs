using Adapters.Mechanisms;
using Adapters.Models;
using Adapters.Models.Sam;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Tests.Methods;

/// <summary>Conv-LoRA on whole models.</summary>
public sealed class ConvLoraInModelsTests : TorchTest
{
    [Theory]
    [InlineData("sam/window-global")]
    [InlineData("vit/base")]
    public void Without_convolution_it_is_lora(string on)
    {
        const string Options = """{"rank": 4, "alpha": 8}""";
        using var model = new TinyBase(on).Load();
        using var frozen = no_grad();
        Dictionary<string, Tensor> factors;
        Tensor convolved;
        using (var conv = TinyBase.Attach("conv-lora", model, Options))
        {
            TinyBase.Perturb(conv);
            foreach (var (_, expert) in conv.Trainable.Where(pair => pair.Name.Contains(".lora_experts.", StringComparison.Ordinal)))
                expert.zero_();
            factors = conv.Trainable.ToDictionary(pair => pair.Name, pair => pair.Parameter.clone());
            convolved = TinyBase.Evaluate(model);
        }

        using var lora = TinyBase.Attach("lora", model, Options);
        foreach (var (name, parameter) in lora.Trainable)
            parameter.copy_(factors[name]);

        TensorAssert.Close(TinyBase.Evaluate(model), convolved, 0);
    }

    [Fact]
    public void In_a_windowed_block_each_window_is_routed_on_its_own_the_zeros_that_fill_it_up_included()
    {
        using var model = (SamModel)TinyBase.Sam.Load(); // 8×8 patches in windows of 3×3: the last row and column are filled up
        using var adapter = TinyBase.Attach("conv-lora", model, """{"experts": 4}""");
        TinyBase.Perturb(adapter);
        var global = $"vision_encoder.layers.{model.Architecture.Vision.GlobalBlocks[0]}.attn.qkv";
        var (windowed, whole) = (new Recording(model.Sites["vision_encoder.layers.0.attn.qkv"]), new Recording(model.Sites[global]));
        windowed.TakeOver();
        whole.TakeOver();

        TinyBase.Evaluate(model); // two images

        Assert.Equal([2 * 3 * 3, 3, 3, 32], windowed.X.shape);
        Assert.Equal([2, 8, 8, 32], whole.X.shape);
        var windows = windowed.X.reshape(2, 3, 3, 3, 3, 32); // image, row and column of windows, row and column within
        Assert.Equal(0, windows[.., 2, .., 2].abs().max().item<float>());
        Assert.Equal(0, windows[.., .., 2, .., 2].abs().max().item<float>());
        Assert.True(windows[.., .., .., 0, 0].abs().min().item<float>() > 0);

        var a = windowed.Inner.named_parameters().Single(pair => pair.name == "lora_A.weight").parameter;
        TensorAssert.Close(functional.linear(windowed.X, a).mean([1, 2]), windowed.Pass.Features);
        Assert.Equal([18, 1], windowed.Pass.Choice.Chosen.shape);
        Assert.True(windowed.Pass.Choice.Chosen.narrow(0, 0, 9).unique().output.numel() > 1); // within one image
        for (var window = 0; window < 18; window++)
        {
            var alone = windowed.Inner.Trace(windowed.X.narrow(0, window, 1), windowed.Y.narrow(0, window, 1));
            TensorAssert.Close(alone.Output, windowed.Pass.Output.narrow(0, window, 1));
        }
    }

    [Fact]
    public void On_a_base_in_half_precision_gate_and_balance_are_single()
    {
        using var generator = new Generator(1);
        using var site = new LinearSite(8, 6, hasBias: false);
        using var delta = new ConvLoraDelta(site, randn(3, 8), zeros(6, 3), 1, 0, new GatedScales(NoisyTopKGate.Fresh(3, 4, 1, CPU),
            ScaleExperts.Fresh(4, 3, CPU, generator), ExpertCombination.Sum), new(Tokens: false, Prefix: 0, 4, 4));

        var pass = delta.Trace(randn(2, 4, 4, 8).to(bfloat16), randn(2, 4, 4, 6).to(bfloat16));
        (pass.Output.sum() + pass.Choice.Imbalance()).backward();

        Assert.Equal(ScalarType.BFloat16, pass.Output.dtype);
        Tensor[] inside = [pass.Features, pass.Choice.Logits, pass.Choice.Deviation!, pass.Choice.Gates, pass.Choice.Load];
        Assert.All([.. inside, pass.Choice.Imbalance()], each => Assert.Equal(ScalarType.Float32, each.dtype));
        Assert.All(delta.parameters(), parameter => Assert.Equal(ScalarType.Float32, parameter.grad!.dtype));
    }

    /// <summary>Stands before a site's adapter and keeps what passes through.</summary>
    private sealed class Recording(Site site) : ParallelAdapter(site)
    {
        public ConvLoraDelta Inner { get; private set; } = null!;

        public Tensor X { get; private set; } = null!;

        public Tensor Y { get; private set; } = null!;

        public ConvLoraDelta.Pass Pass { get; private set; } = null!;

        public void TakeOver()
        {
            Inner = (ConvLoraDelta)Site.Adapters[0];
            Inner.eval();
            Site.Remove(Inner);
            Site.Put(this);
        }

        public override Tensor Adapt(Tensor x, Tensor y)
        {
            (X, Y) = (x.clone().DetachFromDisposeScope(), y.clone().DetachFromDisposeScope());
            Pass = Inner.Trace(X, Y);
            foreach (var kept in new[] { Pass.Output, Pass.Features, Pass.Choice.Chosen })
                kept.DetachFromDisposeScope();
            return Pass.Output.alias();
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                foreach (var kept in new[] { X, Y, Pass.Output, Pass.Features, Pass.Choice.Chosen })
                    kept.Dispose();
            base.Dispose(disposing);
        }
    }
}

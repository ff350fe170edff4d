using System.Text.Json.Nodes;
using Adapters.Mechanisms;
using Adapters.Methods;
using Adapters.Methods.Initialisations;
using Adapters.Models;
using Adapters.Models.Vit;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Tests.Methods;

public sealed class ConvLoraTests : TorchTest
{
    [Fact]
    public void A_layer_of_the_published_size_has_the_published_number_of_parameters()
    {
        using var generator = new Generator(1, CPU);
        using var qkv = new LinearSite(1280, 3840, hasBias: true);
        var (rank, experts) = (3, 8);

        var start = new Kaiming().Of(qkv, rank, scale: 1, generator);
        using var delta = new ConvLoraDelta(qkv, start.A, start.B, 1, 0, new GatedScales(NoisyTopKGate.Fresh(rank, experts, 1, CPU),
            ScaleExperts.Fresh(experts, rank, CPU, generator), ExpertCombination.Sum), new SpatialLayout(false, 0, 64, 64));

        Assert.Equal(15_360 + 672 + 48, delta.parameters().Sum(parameter => parameter.numel()));
    }

    [Fact]
    public void Adapts_the_fused_projection_of_the_image_encoder_and_trains_the_decoder()
    {
        using var model = TinyBase.Sam.Load();

        using var adapter = TinyBase.Attach("conv-lora", model, context: new AttachContext { Head = TinyBase.HeadOf(model) });

        Assert.Equal(Enumerable.Range(0, 4).Select(block => $"vision_encoder.layers.{block}.attn.qkv"), adapter.Sites.Keys.Order());
        var site = 3 * (32 + 96) + 8 * (9 * 9 + 3) + 2 * 3 * 8; // r(in + out) + M(9r² + r) + 2rM
        var decoder = model.named_parameters().Where(pair => pair.name.StartsWith("mask_decoder.", StringComparison.Ordinal));
        Assert.Equal(4 * site + decoder.Sum(pair => pair.parameter.numel()), adapter.TrainableParameters);
    }

    [Fact]
    public void Without_convolution_it_is_lora()
    {
        var (parts, x, y) = Draw(experts: 4);
        using var conv = parts.Delta(Grid);
        using var lora = new LowRankDelta(parts.Layer, parts.A.clone(), parts.B.clone(), 2);
        using (no_grad())
        {
            parts.Experts.Weight.zero_();
            parts.Experts.Bias.zero_();
        }

        Assert.True(conv.Adapt(x, y).equal(lora.Adapt(x, y)).all().item<bool>());
    }

    [Fact]
    public void An_images_output_does_not_hang_on_its_batch_mates()
    {
        var (parts, x, y) = Draw(experts: 4);
        using var conv = parts.Delta(Grid);
        conv.eval();

        var together = conv.Adapt(x, y);
        var routes = parts.Gate.Choose(conv.Trace(x, y).Features, training: false).Chosen.flatten().data<long>().Distinct();

        Assert.True(routes.Count() > 1);
        for (var image = 0; image < 5; image++)
        {
            var alone = conv.Adapt(x.narrow(0, image, 1), y.narrow(0, image, 1));
            TensorAssert.Close(alone, together.narrow(0, image, 1));
        }
    }

    [Fact]
    public void Prefix_tokens_get_plain_lora_and_stay_out_of_the_gate()
    {
        var (parts, x, y) = Draw(experts: 4);
        using var grid = parts.Delta(Grid);
        using var tokens = parts.Delta(new SpatialLayout(Tokens: true, Prefix: 2, 4, 6));
        using var lora = new LowRankDelta(parts.Layer, parts.A.clone(), parts.B.clone(), 2);
        grid.eval();
        tokens.eval();
        var (prefixX, prefixY) = (randn(5, 2, 8), randn(5, 2, 6));

        var adapted = tokens.Adapt(cat([prefixX, x.reshape(5, 24, 8)], 1), cat([prefixY, y.reshape(5, 24, 6)], 1));

        TensorAssert.Close(lora.Adapt(prefixX, prefixY), adapted.narrow(1, 0, 2));
        TensorAssert.Close(grid.Adapt(x, y).reshape(5, 24, 6), adapted.narrow(1, 2, 24));
    }

    [Fact]
    public void Tokens_that_do_not_fill_the_grid_are_refused()
    {
        var (parts, _, _) = Draw(experts: 1);
        using var tokens = parts.Delta(new SpatialLayout(Tokens: true, Prefix: 1, 4, 6));

        var refused = Assert.Throws<InvalidOperationException>(() => tokens.Adapt(randn(1, 17, 8), randn(1, 17, 6)));

        Assert.Equal("16 tokens do not fill the grid of 4×6.", refused.Message);
    }

    [Fact]
    public void On_an_image_of_another_size_than_configured_it_sees_that_image_s_grid()
    {
        using var square = (VitModel)TinyBase.Vit.Load(); // 4×4 patches of 8×8 pixels
        var config = square.Config.DeepClone().AsObject();
        config["image_size"] = new JsonArray(24, 48); // 3×6
        using var wide = (VitModel)ModelFolder.Create(config, seed: 1);
        using var frozen = no_grad();
        const string Table = "vit.embeddings.position_embeddings";
        foreach (var (name, parameter) in square.named_parameters().Where(pair => pair.name != Table))
            wide.ParameterOf(name).copy_(parameter);
        var table = square.ParameterOf(Table);
        var image = table[.., 1..].reshape(1, 4, 4, -1).permute(0, 3, 1, 2);
        var resized = functional.interpolate(image, [3, 6], mode: InterpolationMode.Bicubic, align_corners: false);
        wide.ParameterOf(Table).copy_(cat([table[.., ..1], resized.flatten(2).transpose(1, 2)], 1));

        var (here, there) = (randn(2, 3, 24, 48), randn(2, 3, 32, 32));
        var before = Adapted(square, there, out var adapter);
        using (adapter)
        {
            TensorAssert.Close(Adapted(wide, here, out var other), square.Logits(here), 1e-4);
            other.Dispose();
            TensorAssert.Close(before, square.Logits(there), 0);
        }

        static Tensor Adapted(VitModel model, Tensor pixels, out Adapter adapter)
        {
            adapter = TinyBase.Attach("conv-lora", model);
            TinyBase.Perturb(adapter);
            model.eval();
            return model.Logits(pixels);
        }
    }

    [Theory]
    [InlineData(ExpertCombination.Sum)]
    [InlineData(ExpertCombination.LogSumExp)]
    [InlineData(ExpertCombination.GatedLogSumExp)]
    public void Outputs_of_several_experts_are_combined_as_told(ExpertCombination combination)
    {
        var (parts, x, y) = Draw(experts: 4, chosen: 2);
        using var conv = parts.Delta(Grid, combination);
        conv.eval();

        var pass = conv.Trace(x, y);
        var h = x.matmul(parts.A.t());
        var outputs = parts.Experts.Apply(h.permute(0, 3, 1, 2), pass.Choice.Chosen).unbind(1); // each [images, rank, height, width]
        var gates = pass.Choice.Gates.gather(1, pass.Choice.Chosen).unbind(1).Select(gate => gate.reshape(-1, 1, 1, 1)).ToArray();
        var expected = combination switch
        {
            ExpertCombination.Sum => gates[0] * outputs[0] + gates[1] * outputs[1],
            ExpertCombination.LogSumExp => (outputs[0].exp() + outputs[1].exp()).log(),
            _ => (gates[0] * outputs[0].exp() + gates[1] * outputs[1].exp()).log(),
        };

        TensorAssert.Close(h + expected.permute(0, 2, 3, 1), pass.Bottleneck);
    }

    [Fact]
    public void The_same_noise_falls_under_the_same_seed()
    {
        var (parts, x, y) = Draw(experts: 8);
        using var conv = parts.Delta(Grid);

        var (first, again, other) = (Run(1), Run(1), Run(2));

        Assert.True(first.equal(again).all().item<bool>());
        Assert.False(first.equal(other).all().item<bool>());

        Tensor Run(long seed)
        {
            manual_seed(seed);
            return conv.Adapt(x, y);
        }
    }

    [Fact]
    public void The_balance_loss_is_asked_for_once_after_a_pass_in_training()
    {
        using var model = TinyBase.Sam.Load();
        using var adapter = TinyBase.Attach("conv-lora", model, """{"balance_weight": 1}""");

        model.train();
        TinyBase.Run(model);
        var loss = adapter.AuxiliaryLoss!();
        var again = Assert.Throws<InvalidOperationException>(() => adapter.AuxiliaryLoss!());
        TinyBase.Evaluate(model);

        Assert.True(loss.item<float>() > 0);
        Assert.Equal("The auxiliary loss follows a forward pass in training mode.", again.Message);
        Assert.Throws<InvalidOperationException>(() => adapter.AuxiliaryLoss!());
    }

    [Theory]
    [InlineData("""{"top_k": 9}""", "Option 'top_k' of method 'conv-lora' is 9, but there are 8 experts.")]
    [InlineData("""{"target_modules": ["mask_decoder.transformer.layers.0.self_attn.q_proj"]}""",
        "Method 'conv-lora' cannot adapt mask_decoder.transformer.layers.0.self_attn.q_proj: its input is no image.")]
    public void What_makes_no_sense_is_refused(string options, string message)
    {
        using var model = TinyBase.Sam.Load();

        var refused = Assert.Throws<AdapterException>(() => TinyBase.Attach("conv-lora", model, options));

        Assert.Equal(message, refused.Message);
    }

    private static readonly SpatialLayout Grid = new(Tokens: false, Prefix: 0, 4, 6);

    private sealed record Parts(Tensor A, Tensor B, NoisyTopKGate Gate, ScaleExperts Experts)
    {
        public ConvLoraDelta Delta(SpatialLayout layout, ExpertCombination combination = ExpertCombination.Sum) =>
            new(Layer, A.clone(), B.clone(), 2, 0, new GatedScales(Gate, Experts, combination), layout);

        public LinearSite Layer { get; } = new(8, 6, hasBias: false);
    }

    private static (Parts Parts, Tensor X, Tensor Y) Draw(int experts, int chosen = 1)
    {
        manual_seed(8);
        var gate = new NoisyTopKGate(randn(3, experts), randn(3, experts), chosen);
        var scales = new ScaleExperts(randn([experts, 3, 3, 3, 3]) * 0.3, randn(experts, 3), [.. Enumerable.Range(1, experts)]);
        return (new Parts(randn(3, 8), randn(6, 3), gate, scales), randn(5, 4, 6, 8), randn(5, 4, 6, 6));
    }
}

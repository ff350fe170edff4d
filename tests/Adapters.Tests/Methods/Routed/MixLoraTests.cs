using Adapters.Mechanisms;
using Adapters.Methods;
using Adapters.Models;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.Routed;

public sealed class MixLoraTests : TorchTest
{
    [Fact]
    public void A_feed_forward_part_is_the_gated_sum_of_feed_forward_parts_of_merged_weights()
    {
        using var model = TinyBase.Llama.Load();
        using var adapter = TinyBase.Attach("mixlora", model, """{"rank": 2, "alpha": 4, "experts": 3, "top_k": 2}""");
        TinyBase.Perturb(adapter);
        TinyBase.Perturb(adapter, seed: 6, deviation: 0.3); // so that tokens differ in where they go
        var part = (RoutedFeedForward)model.Blocks[1].FeedForward.Adapters.Single();
        var (x, y) = Seen(model, part);

        using var frozen = no_grad();
        var gates = x.matmul(Router(part).t()).softmax(-1);
        gates = gates.masked_fill(gates.eq(gates.amin([-1], true)), 0);
        Assert.Equal(3, gates.argmax(-1).unique().output.numel());
        var expected = zeros_like(y);
        for (var e = 0; e < 3; e++)
        {
            var inner = nn.functional.silu(Layer("gate_proj", x, e)) * Layer("up_proj", x, e);
            expected += gates.narrow(-1, e, 1) / gates.sum(-1, keepdim: true) * Layer("down_proj", inner, e);
        }

        TensorAssert.Close(expected, y);

        Tensor Layer(string name, Tensor input, int expert)
        {
            var site = model.Sites[$"{part.Part.Name}.{name}"];
            var delta = (RoutedDelta)site.Adapters.Single();
            return input.matmul((site.Weight + (2 * delta.B.chunk(3, 1)[expert].matmul(delta.A.chunk(3, 0)[expert]))).t());
        }
    }

    [Fact]
    public void One_expert_is_lora_on_every_layer_of_the_blocks()
    {
        using var model = TinyBase.Vit.Load();
        using (var adapter = TinyBase.Attach("mixlora", model, """{"rank": 2, "experts": 1, "top_k": 1}""", new AttachContext { Seed = 3 }))
        {
            TinyBase.Perturb(adapter);
            var mixed = TinyBase.Evaluate(model);
            var values = adapter.Trainable.Where(pair => pair.Name.Contains(".lora_", StringComparison.Ordinal))
                .ToDictionary(pair => pair.Name, pair => pair.Parameter.detach().clone());
            adapter.Dispose();

            using var lora = TinyBase.Attach("lora", model, """{"rank": 2, "alpha": 16, "target_pattern": "vit.encoder.*"}""");
            using var frozen = no_grad();
            foreach (var (name, parameter) in lora.Trainable)
                parameter.copy_(values[name]);

            Assert.Equal(values.Count, lora.Trainable.Count);
            TensorAssert.Close(TinyBase.Evaluate(model), mixed);
        }
    }

    [Fact]
    public void Tokens_are_routed_once_a_feed_forward_part_and_attention_has_plain_lora()
    {
        using var model = TinyBase.Llama.Load();
        using var adapter = TinyBase.Attach("mixlora", model);

        Assert.Equal(model.Blocks.Select(block => $"base_model.model.{block.FeedForward.Name}.router.weight"),
            adapter.Trainable.Select(pair => pair.Name).Where(name => name.EndsWith("router.weight", StringComparison.Ordinal)));
        Assert.All(adapter.Sites, site => Assert.Equal(
            model.PlaceOf(site.Key)!.Value.Part == "mlp" ? typeof(RoutedDelta) : typeof(LowRankDelta), site.Value.GetType()));
    }

    [Fact]
    public void A_router_without_preferences_balances_at_one_and_loads_at_what_the_shares_say()
    {
        var router = new SoftmaxRouter(tensor([0f, 0, 0, 0]).view(4, 1), chosen: 2);
        router.Route(ones(5, 1));
        Assert.Equal(1, router.Imbalance.Take().item<float>(), 1e-6); // 4·(½·¼ + ½·¼), whichever two all choose

        using (no_grad())
            router.Weight.copy_(tensor([0f, MathF.Log(3), 0, 0]).view(4, 1)); // p = 1/6, 3/6, 1/6, 1/6
        var routing = router.Route(ones(5, 1));

        TensorAssert.Close(tensor([0.25f, 0.75f, 0, 0]).expand(5, 4), routing.Gates);
        Assert.Equal(4 * ((0.5 * 0.5) + (0.5 / 6)), router.Imbalance.Take().item<float>(), 1e-6);
    }

    [Fact]
    public void More_chosen_than_there_are_is_refused()
    {
        using var model = TinyBase.Llama.Load();

        Assert.Equal("Option 'top_k' of method 'mixlora' is 9, but there are 8 experts.",
            Assert.Throws<AdapterException>(() => TinyBase.Attach("mixlora", model, """{"top_k": 9}""")).Message);
    }

    private static Parameter Router(PartAdapter part) => part.named_parameters().Single(pair => pair.name == "router.weight").parameter;

    /// <summary>What a part is given in an evaluation, and what it makes of it.</summary>
    private static (Tensor X, Tensor Y) Seen(BaseModel model, PartAdapter adapter)
    {
        var witness = new Witness(adapter.Part);
        adapter.Part.Put(witness);
        TinyBase.Evaluate(model);
        adapter.Part.Remove(witness);
        return (witness.X!, witness.Y!);
    }

    private sealed class Witness(ModelPart part) : PartAdapter(part)
    {
        public Tensor? X { get; private set; }

        public Tensor? Y { get; private set; }

        public override Tensor Forward(Tensor x, Func<Tensor, Tensor> bare)
        {
            var y = bare(x);
            (X, Y) = (x.clone().DetachFromDisposeScope(), y.clone().DetachFromDisposeScope());
            return y;
        }
    }
}

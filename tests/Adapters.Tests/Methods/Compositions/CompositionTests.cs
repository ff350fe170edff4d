using System.Text.Json.Nodes;
using Adapters.Checkpoints;
using Adapters.Mechanisms;
using Adapters.Methods;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.Compositions;

public sealed class CompositionTests : IDisposable
{
    private readonly Composing _composing = new();

    public static TheoryData<string> Methods => [.. Composing.Methods];

    public void Dispose() => _composing.Dispose();

    [Theory, MemberData(nameof(Methods))]
    public void One_expert_of_weight_one_is_that_lora(string method)
    {
        var experts = _composing.Experts(1);

        var composed = Composing.Composed(method, experts, Whole(method, """ "weights": [1] """));

        TensorAssert.Close(Composing.Loaded(experts[0]), composed);
    }

    [Theory, MemberData(nameof(Methods))]
    public void Weights_of_zero_are_the_base(string method)
    {
        var composed = Composing.Composed(method, _composing.Experts(2), """{"weights": [0, 0], "normalize": false}""");

        Assert.True(Composing.Base().equal(composed).all().item<bool>());
    }

    [Theory, MemberData(nameof(Methods))]
    public void The_order_of_the_experts_does_not_matter_if_their_weights_go_along(string method)
    {
        var experts = _composing.Experts(3);

        var straight = Composing.Composed(method, experts, Whole(method, """ "weights": [0.2, 0.3, 0.5] """));
        var permuted = Composing.Composed(
            method, [experts[2], experts[0], experts[1]], Whole(method, """ "weights": [0.5, 0.2, 0.3] """));

        TensorAssert.Close(straight, permuted);
    }

    [Theory, MemberData(nameof(Methods))]
    public void What_is_saved_is_a_lora_that_peft_would_load_and_an_expert_again(string method)
    {
        var experts = _composing.Experts(2);
        var (ours, theirs) = (_composing.Folder.File("ours"), _composing.Folder.File("theirs"));
        using var model = TinyBase.Llama.Load();
        Tensor before;
        using (var adapter = Composing.On(model, method, experts))
        {
            before = TinyBase.Evaluate(model);
            AdapterFolder.Save(adapter, ours);
        }

        Directory.CreateDirectory(theirs);
        File.Copy(Path.Combine(ours, "adapter_model.safetensors"), Path.Combine(theirs, "adapter_model.safetensors"));
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(ours, "adapter_config.json")))!.AsObject();
        config.Remove("orchestrator");
        File.WriteAllText(Path.Combine(theirs, "adapter_config.json"), config.ToJsonString());
        using (var loaded = AdapterFolder.Load(theirs, model))
        {
            Assert.Equal("lora", loaded.Method);
            TensorAssert.Close(before, TinyBase.Evaluate(model));
        }

        TensorAssert.Close(before, Composing.Composed("nla", [ours]));
    }

    [Fact]
    public void Experts_that_differ_in_rank_scale_and_layers_sum_up_exactly()
    {
        string[] experts =
        [
            _composing.Expert("wide", 1, """{"rank": 6, "alpha": 3}"""),
            _composing.Expert("narrow", 2, """{"rank": 2, "rslora": true, "target_modules": ["k_proj", "q_proj"]}"""),
        ];
        using var model = TinyBase.Llama.Load();
        Tensor together;
        using (Composing.On(model, "nla", experts))
            together = TinyBase.Evaluate(model);

        foreach (var expert in experts)
        {
            using var other = TinyBase.Llama.Load();
            using var adapter = AdapterFolder.Load(expert, other);
            using var frozen = no_grad();
            foreach (var (site, delta) in adapter.Sites)
                model.Sites[site].Weight.add_(((ParallelAdapter)delta).Delta() / 2);
        }

        TensorAssert.Close(TinyBase.Evaluate(model), together);
        TensorAssert.Close(together, Composing.Composed("mole", experts)); // whose gates all count alike at first
        TensorAssert.Close(together, Composing.Composed("svd", experts, """{"rank": 8}"""));
    }

    [Fact]
    public void The_plain_sum_counts_each_expert_once()
    {
        var experts = _composing.Experts(2);

        var sum = Composing.Composed("nla", experts, """{"normalize": false}""");

        TensorAssert.Close(Composing.Composed("nla", experts, """{"weights": [1, 1], "normalize": false}"""), sum, 0);
        Assert.True(TensorAssert.Distance(sum, Composing.Composed("nla", experts)) > 1e-3);
    }

    [Fact]
    public void An_expert_that_began_with_a_part_of_the_weight_brings_only_what_it_learnt()
    {
        var expert = _composing.Expert("pissa", 3, """{"init": "pissa"}""");

        TensorAssert.Close(Composing.Loaded(expert), Composing.Composed("nla", [expert]));
        TensorAssert.Close(Composing.Loaded(expert), Composing.Composed("mole", [expert]));
    }

    [Theory]
    [InlineData("nla", """{"weights": [1]}""",
        "Option 'weights' of method 'nla' is [1], but must have a weight for each of the 2 experts.")]
    [InlineData("svd", """{"weights": [1, -1]}""",
        "Option 'weights' of method 'svd' is [1, -1], which sums to 0 and cannot be normalized: set 'normalize' to false.")]
    [InlineData("pems", """{"operation": "negate"}""",
        "Option 'operation' of method 'pems' is negate, which takes 1 expert, but there are 2.")]
    [InlineData("pems", """{"operation": "analogy"}""",
        "Option 'operation' of method 'pems' is analogy, which takes 3 experts, but there are 2.")]
    public void What_does_not_go_with_the_experts_is_refused(string method, string options, string message)
    {
        var experts = _composing.Experts(2);

        Assert.Equal(message, Assert.Throws<AdapterException>(() => Composing.Composed(method, experts, options)).Message);
    }

    [Theory]
    [InlineData("ties")]
    [InlineData("pems")]
    [InlineData("lorahub")]
    public void Sums_of_factors_need_one_rank(string method)
    {
        string[] experts = [_composing.Expert("wide", 1, """{"rank": 6}"""), _composing.Expert("narrow", 2, """{"rank": 2}""")];

        var refused = Assert.Throws<AdapterException>(() => Composing.Composed(method, experts));

        Assert.Equal($"Method '{method}' sums factors, so experts must have one rank, but those of model.layers.0.self_attn.q_proj have 6 "
            + "and 2.", refused.Message);
    }

    [Fact]
    public void A_task_with_a_head_is_refused_because_it_would_stay_untrained()
    {
        using var model = TinyBase.Vit.Load();
        var context = new AttachContext
        {
            Head = TinyBase.HeadOf(model),
            Experts = TinyBase.Experts(TinyBase.Vit, _composing.Folder, count: 1, head: true),
        };

        var refused = Assert.Throws<AdapterException>(() => TinyBase.Attach("nla", model, "{}", context));

        Assert.Equal($"Method 'nla' composes updates of layers and trains no head, but the task has one of its own ('{context.Head[0]}'): "
            + "method 'mole' trains it along.", refused.Message);
    }

    /// <summary>Options that leave nothing out, with others.</summary>
    private static string Whole(string method, string others) =>
        method is "ties" or "dare" or "magnitude-prune" ? $$"""{"density": 1, {{others}}}""" : $$"""{{{others}}}""";
}

using System.Text.Json.Nodes;
using Adapters.Mechanisms;
using Adapters.Methods;
using Adapters.Models;
using Adapters.Models.Causal;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Models.Causal;

public sealed class CausalModelTests : TorchTest
{
    [Fact]
    public void The_chunked_loss_and_its_gradients_equal_the_plain_ones()
    {
        using var model = TinyCausal.Create();
        var (tokens, labels) = (TinyCausal.Tokens(3, 11), TinyCausal.Tokens(3, 11, seed: 5));
        labels[0, 4] = -100;
        labels[2] = full_like(labels[2], -100);

        var loss = model.Loss(tokens, labels);
        loss.backward();
        var gradients = TakeGradients(model);
        var plain = nn.functional.cross_entropy(model.Logits(tokens).narrow(1, 0, 10).reshape(-1, 40), labels.narrow(1, 1, 10).reshape(-1));
        plain.backward();

        Assert.Equal(plain.item<float>(), loss.item<float>(), 1e-6);
        foreach (var (name, expected) in TakeGradients(model))
            TensorAssert.Close(expected, gradients[name], 1e-6);
    }

    [Fact]
    public void The_loss_spans_several_chunks_where_the_vocabulary_is_large()
    {
        using var model = (CausalModel)ModelFolder.Create(TinyCausal.Config(fields: ("vocab_size", 20_000)), seed: 1);
        var tokens = TinyCausal.Tokens(2, 90);

        var loss = model.Loss(tokens, tokens).item<float>();
        var each = model.TokenLosses(tokens, tokens);

        Assert.Equal([2, 89], each.shape);
        Assert.Equal(each.mean().item<float>(), loss, 1e-5);
    }

    [Fact]
    public void Frozen_weights_get_no_gradient_from_the_loss()
    {
        using var model = TinyCausal.Create();
        foreach (var parameter in model.parameters())
            parameter.requires_grad_(false);
        model.ParameterOf("model.layers.1.mlp.up_proj.weight").requires_grad_();
        var tokens = TinyCausal.Tokens(2, 6);

        model.Loss(tokens, tokens).backward();

        Assert.Equal(["model.layers.1.mlp.up_proj.weight"],
            model.named_parameters().Where(pair => pair.parameter.grad is not null).Select(pair => pair.name));
    }

    [Fact]
    public void A_tied_weight_is_one_parameter_with_both_gradients()
    {
        using var tied = TinyCausal.Create(fields: ("tie_word_embeddings", true));
        using var untied = TinyCausal.Create(fields: ("tie_word_embeddings", true));
        untied.UntieHead();
        var tokens = TinyCausal.Tokens(2, 8);

        tied.Loss(tokens, tokens).backward();
        untied.Loss(tokens, tokens).backward();

        Assert.DoesNotContain(tied.named_parameters(), pair => pair.name.StartsWith("lm_head", StringComparison.Ordinal));
        Assert.Equal(40 * 24, Count(untied) - Count(tied));
        var both = untied.ParameterOf("model.embed_tokens.weight").grad! + untied.ParameterOf("lm_head.weight").grad!;
        TensorAssert.Close(both, tied.ParameterOf("model.embed_tokens.weight").grad!, 1e-6);
    }

    [Theory]
    [InlineData(5, 5)]
    [InlineData(-1, 39)]
    [InlineData(null, null)]
    public void The_padding_token_s_embedding_is_not_trained_and_may_be_counted_from_the_end(int? padding, int? untrained)
    {
        using var model = TinyCausal.Create(fields: ("pad_token_id", padding));
        var tokens = tensor(new long[] { 1, 5, 39, 7 }).unsqueeze(0);

        model.Loss(tokens, tokens).backward();

        var moved = model.ParameterOf("model.embed_tokens.weight").grad!.abs().sum(1);
        Assert.Equal(untrained, model.Architecture.PaddingToken);
        Assert.Equal((true, untrained != 5, untrained != 39), (Moved(1), Moved(5), Moved(39)));

        bool Moved(int token) => moved[token].item<float>() > 0;
    }

    [Fact]
    public void An_adapter_on_a_tied_head_leaves_the_embedding_alone()
    {
        using var model = TinyCausal.Create(fields: ("tie_word_embeddings", true));
        using var frozen = no_grad();
        var tokens = TinyCausal.Tokens(1, 5);
        var (logits, embedded) = (model.Logits(tokens), model.HiddenStates(tokens)[0]);

        using var adapter = new Doubled(model.Sites["lm_head"]);
        model.Sites["lm_head"].Put(adapter);

        TensorAssert.Close(logits * 2, model.Logits(tokens), 0);
        TensorAssert.Close(embedded, model.HiddenStates(tokens)[0], 0);
    }

    [Fact]
    public void Greedy_generation_with_a_cache_is_the_argmax_of_whole_passes()
    {
        using var model = TinyCausal.Create("mistral", ("sliding_window", 5));
        model.eval();
        var all = TinyCausal.Tokens(2, 4);

        var generated = model.Generate(all, 9);
        for (var step = 0; step < 9; step++)
            all = cat([all, model.Logits(all).select(1, -1).argmax(1, keepdim: true)], 1);

        Assert.Equal(all.data<long>(), generated.data<long>());
    }

    [Fact]
    public void A_row_padded_on_the_left_generates_what_it_generates_alone()
    {
        using var model = TinyCausal.Create();
        model.eval();
        var (longer, shorter) = (TinyCausal.Tokens(1, 7), TinyCausal.Tokens(1, 4, seed: 9));
        var padded = cat([longer, cat([zeros(1, 3, dtype: int64), shorter], 1)], 0);
        var mask = cat([ones(1, 7, dtype: int64), cat([zeros(1, 3, dtype: int64), ones(1, 4, dtype: int64)], 1)], 0);

        var together = model.Generate(padded, 6, mask: mask);

        Assert.Equal(model.Generate(longer, 6).data<long>(), together[0].data<long>());
        Assert.Equal(model.Generate(shorter, 6)[0].data<long>(), together[1].narrow(0, 3, 10).data<long>());
    }

    [Theory]
    [InlineData("llama", false)]
    [InlineData("mistral", true)]
    public void A_row_padded_on_the_left_has_the_loss_and_gradients_that_it_has_alone(string family, bool windowed)
    {
        using var model = windowed ? TinyCausal.Create(family, ("sliding_window", 5)) : TinyCausal.Create(family);
        var (text, filler) = (TinyCausal.Tokens(1, 9), TinyCausal.Tokens(1, 4, seed: 9));
        var padded = cat([filler, text], 1);
        var labels = cat([full_like(filler, -100), text], 1);
        labels[0, 4] = -100; // what follows the padding cannot be foretold from it
        var mask = cat([zeros_like(filler), ones_like(text)], 1);

        var alone = model.Loss(text, text);
        alone.backward();
        var expected = TakeGradients(model);
        var beside = model.Loss(padded, labels, mask);
        beside.backward();

        TensorAssert.Close(alone, beside);
        foreach (var (name, gradient) in TakeGradients(model))
            TensorAssert.Close(expected[name], gradient);
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("mistral")]
    public void A_row_of_nothing_but_padding_gives_numbers_and_changes_no_other(string family)
    {
        using var model = TinyCausal.Create(family, ("sliding_window", 5));
        var text = TinyCausal.Tokens(1, 9);
        var (tokens, mask) = (cat([text, text]), cat([ones_like(text), zeros_like(text)]));

        var logits = model.Logits(tokens, mask);
        model.Loss(tokens, cat([text, full_like(text, -100)]), mask).backward();
        var gradients = TakeGradients(model);
        model.Loss(text, text).backward();

        Assert.True(logits.isfinite().all().item<bool>());
        TensorAssert.Close(model.Logits(text), logits.narrow(0, 0, 1));
        foreach (var (name, expected) in TakeGradients(model))
            TensorAssert.Close(expected, gradients[name]);
    }

    [Fact]
    public void Generation_ends_when_every_row_has_ended()
    {
        using var model = TinyCausal.Create();
        model.eval();
        var prompt = TinyCausal.Tokens(1, 4);
        var free = model.Generate(prompt, 8);
        var end = free[0, 6].item<long>();
        var first = Enumerable.Range(4, 8).First(position => free[0, position].item<long>() == end);

        var ended = model.Generate(prompt, 8, end);

        Assert.Equal(free[0].narrow(0, 0, first + 1).data<long>(), ended[0].data<long>());
        Assert.Equal(prompt.data<long>(), model.Generate(prompt, 0).data<long>());
    }

    [Fact]
    public void Interpolated_positions_are_those_of_a_model_loaded_with_linear_scaling()
    {
        using var model = TinyCausal.Create();
        using var scaled = TinyCausal.Create(fields: ("rope_scaling", new JsonObject { ["type"] = "linear", ["factor"] = 3.0 }));
        using var frozen = no_grad();
        var tokens = TinyCausal.Tokens(1, 9);
        var before = model.Logits(tokens);

        model.InterpolatePositions(2);
        model.InterpolatePositions(3); // replaces the factor, does not multiply it
        var interpolated = model.Logits(tokens);
        var written = model.Config["rope_scaling"]!.ToJsonString();
        model.InterpolatePositions(1);

        TensorAssert.Close(scaled.Logits(tokens), interpolated, 0);
        Assert.Equal("""{"type":"linear","factor":3}""", written);
        TensorAssert.Close(before, model.Logits(tokens), 0);
        Assert.Null(model.Config["rope_scaling"]);
    }

    [Fact]
    public void Interpolation_builds_on_the_scaling_that_was_loaded_and_refuses_another_kind()
    {
        using var linear = TinyCausal.Create(fields: ("rope_parameters",
            new JsonObject { ["rope_type"] = "linear", ["factor"] = 2.0, ["rope_theta"] = 500.0 }));
        using var dynamic = TinyCausal.Create(fields: ("rope_scaling", new JsonObject { ["type"] = "dynamic", ["factor"] = 2.0 }));

        linear.InterpolatePositions(4);

        Assert.Equal(new RopeScaling.Linear(8), linear.Architecture.RopeScaling);
        Assert.Equal("""{"rope_type":"linear","rope_theta":500,"factor":8}""", linear.Config["rope_parameters"]!.ToJsonString());
        Assert.Contains("Dynamic", Assert.Throws<AdapterException>(() => dynamic.InterpolatePositions(2)).Message);
        Assert.Contains("above 0, but is 0", Assert.Throws<AdapterException>(() => linear.InterpolatePositions(0)).Message);
    }

    [Fact]
    public void Another_attention_stands_in_while_training_and_only_then()
    {
        using var model = TinyCausal.Create();
        using var frozen = no_grad();
        var tokens = TinyCausal.Tokens(2, 6);
        var full = model.Logits(tokens);
        var attention = new ValuesOnly();

        model.TrainingAttention = attention;
        model.eval();
        TensorAssert.Close(full, model.Logits(tokens), 0);
        Assert.Empty(attention.Shapes);

        model.train();
        model.Logits(tokens);
        Assert.Equal([[2, 4, 6, 6], [2, 4, 6, 6]], attention.Shapes);
    }

    [Fact]
    public void Memory_stays_flat_over_training_steps()
    {
        using var model = TinyCausal.Create(fields: ("pad_token_id", 0));
        var (tokens, mask) = (TinyCausal.Tokens(2, 8), ones(2, 8, dtype: int64));
        mask[0, 0] = 0;
        void Step()
        {
            using var scope = NewDisposeScope();
            model.Loss(tokens, tokens).backward();
            model.Loss(tokens, tokens, mask).backward();
            model.Generate(tokens, 3);
            model.HiddenStates(tokens);
        }
        Step();
        var live = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        for (var i = 0; i < 5; i++)
            Step();

        Assert.Equal(live, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Sites_are_named_as_the_files_name_them_and_know_their_place()
    {
        using var model = TinyCausal.Create();

        Assert.Equal(16, model.Sites.Count);
        Assert.Equal("model.embed_tokens", model.Sites.Keys.First());
        Assert.Equal("lm_head", model.Sites.Keys.Last());
        Assert.Equal(new SitePlace(1, "attention"), model.PlaceOf("model.layers.1.self_attn.o_proj"));
        Assert.Equal(new SitePlace(0, "mlp"), model.PlaceOf("model.layers.0.mlp.up_proj"));
        Assert.Null(model.PlaceOf("lm_head"));
        Assert.Null(model.LayoutOf("model.layers.0.mlp.up_proj"));
    }

    private static long Count(CausalModel model) => model.parameters().Sum(parameter => parameter.numel());

    private static Dictionary<string, Tensor> TakeGradients(CausalModel model)
    {
        var gradients = model.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter.grad!.clone());
        model.zero_grad();
        return gradients;
    }

    private sealed class Doubled(Site site) : ParallelAdapter(site)
    {
        public override Tensor Adapt(Tensor x, Tensor y) => y * 2;
    }

    private sealed class ValuesOnly : ICausalAttention
    {
        public List<long[]> Shapes { get; } = [];

        public Tensor Attend(Tensor query, Tensor key, Tensor value, Tensor? mask)
        {
            Assert.Equal(query.shape, key.shape);
            Assert.Equal(query.shape, value.shape);
            Shapes.Add(query.shape);
            return value.clone();
        }
    }
}

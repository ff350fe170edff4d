using Adapters.Checkpoints;
using Adapters.Mechanisms;
using Adapters.Methods;
using Adapters.Methods.Compositions;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.Compositions;

public sealed class ArithmeticTests : IDisposable
{
    private readonly Composing _composing = new();

    public void Dispose() => _composing.Dispose();

    [Theory]
    [InlineData(1.0, new[] { 3f, -1f, 0.5f, -4f })]
    [InlineData(0.5, new[] { 3f, 0f, 0f, -4f })]
    [InlineData(0.74, new[] { 3f, 0f, 0f, -4f })]
    [InlineData(0.25, new[] { 0f, 0f, 0f, -4f })]
    [InlineData(0.1, new[] { 0f, 0f, 0f, 0f })]
    public void Trimming_keeps_the_largest_values_by_magnitude(double density, float[] kept)
    {
        var trimmed = MagnitudePrune.Trim(tensor(new[] { 3f, -1f, 0.5f, -4f }).view(2, 2), density);

        Assert.Equal(kept, trimmed.data<float>().ToArray());
        Assert.Equal((2, 2), (trimmed.shape[0], trimmed.shape[1]));
    }

    [Theory]
    // Sums 1, -1, 0, so signs +, -, +. Those that agree: 3; -4 (times 2) and -1; 2.
    [InlineData(SignElection.Total, new[] { 3f, -4.5f, 2f })]
    // Two against one each, so all signs -.
    [InlineData(SignElection.Frequency, new[] { -1.5f, -4.5f, -1.5f })]
    public void The_mean_is_of_those_that_agree_with_the_elected_sign(SignElection election, float[] mean)
    {
        float[][] experts = [[3, 4, 2], [-1, -4, -1], [-1, -1, -1]];

        var merged = Ties.AgreedMean([.. experts.Select(expert => tensor(expert))], [1, 2, 1], election);

        Assert.Equal(mean, merged.data<float>().ToArray());
    }

    [Fact]
    public void Where_all_is_kept_and_all_agree_ties_is_the_mean()
    {
        var expert = _composing.Experts(1)[0];

        var ties = Composing.Composed("ties", [expert, expert, expert], """{"density": 1, "operand": "delta"}""");

        TensorAssert.Close(Composing.Loaded(expert), ties);
    }

    [Theory]
    [InlineData("factors")]
    [InlineData("delta")]
    public void Where_nothing_is_dropped_dare_and_pruning_are_the_linear_sum(string on)
    {
        var experts = _composing.Experts(2);
        var options = $$"""{"density": 1, "operand": "{{on}}", "rank": 16, "weights": [0.3, 0.7]}""";
        var sum = on == "delta" ? Composing.Composed("nla", experts, """{"weights": [0.3, 0.7]}""")
            : Composing.Composed("magnitude-prune", experts, options);

        TensorAssert.Close(sum, Composing.Composed("dare", experts, options));
        TensorAssert.Close(sum, Composing.Composed("magnitude-prune", experts, options));
    }

    [Theory]
    [InlineData("linear")]
    [InlineData("ties")]
    public void Dare_draws_anew_for_each_seed_and_not_for_the_same(string combine)
    {
        var experts = _composing.Experts(2);

        Assert.Equal(0, TensorAssert.Distance(Dared(1), Dared(1)));
        Assert.True(TensorAssert.Distance(Dared(1), Dared(2)) > 1e-3);

        Tensor Dared(ulong seed)
        {
            using var model = TinyBase.Llama.Load();
            using var adapter = TinyBase.Attach("dare", model, $$"""{"combine": "{{combine}}", "operand": "delta"}""",
                new() { Experts = experts, Seed = seed });
            return TinyBase.Evaluate(model);
        }
    }

    [Fact]
    public void What_dare_leaves_makes_up_for_what_it_drops()
    {
        var experts = _composing.Experts(1);
        using var model = TinyBase.Llama.Load();
        using var whole = AdapterFolder.Load(experts[0], model);
        var (name, lora) = whole.Sites.First();
        var b = lora.named_parameters().Single(pair => pair.name == "lora_B.weight").parameter.detach();

        using var other = TinyBase.Llama.Load();
        using var dared = Composing.On(other, "dare", experts, """{"density": 0.25}""");
        var left = dared.Sites[name].named_buffers().Single(pair => pair.name == "lora_B.weight").buffer;

        var root = Math.Sqrt(2); // of the scale
        var kept = left.count_nonzero().item<long>() / (double)left.numel();
        Assert.InRange(kept, 0.15, 0.35);
        TensorAssert.Close(b * left.ne(0).to(float32) * (4 * root), left);
    }

    [Fact]
    public void Negating_b_alone_negates_and_both_factors_would_not()
    {
        var expert = _composing.Experts(1);

        var negated = Composing.Composed("pems", expert, """{"operation": "negate"}""");
        var minus = Composing.Composed("nla", expert, """{"weights": [-1], "normalize": false}""");

        TensorAssert.Close(minus, negated);
        Assert.True(TensorAssert.Distance(negated, Composing.Loaded(expert[0])) > 1e-3);
        // Weights of lorahub scale both factors: minus one of each is the same update.
        TensorAssert.Close(Composing.Loaded(expert[0]), Composing.Composed("lorahub", expert, change: LoraHubTests.Weigh(-1)));
    }

    [Fact]
    public void An_analogy_in_which_the_others_count_for_nothing_is_a_quarter_of_the_first()
    {
        var experts = _composing.Experts(2);

        var alone = Composing.Composed(
            "pems", [experts[0], experts[1], experts[1]], """{"operation": "analogy", "lambda2": 0}""");
        var quarter = Composing.Composed("nla", [experts[0]], """{"weights": [0.25], "normalize": false}""");

        TensorAssert.Close(quarter, alone);
    }

    [Fact]
    public void The_first_is_to_the_second_as_the_third_to_the_sought()
    {
        var experts = _composing.Experts(3);
        using var model = TinyBase.Llama.Load();
        using var adapter = Composing.On(model, "pems", experts, """{"operation": "analogy", "lambda1": 0.5, "lambda2": 0.25}""");
        var site = adapter.Sites.Keys.First();
        var (a, b) = (Factors("lora_A.weight"), Factors("lora_B.weight"));

        TensorAssert.Close(0.5 * a[0] + 0.25 * (a[1] + a[2]), Composed("lora_A.weight"));
        TensorAssert.Close(2 * (0.5 * b[0] + 0.25 * (b[1] - b[2])), Composed("lora_B.weight"));

        Tensor Composed(string key) => adapter.Sites[site].named_buffers().Single(pair => pair.name == key).buffer;

        Tensor[] Factors(string key) =>
        [
            .. adapter.Experts.Select(expert => expert.Tensors[$"base_model.model.{site}.{key}"]),
        ];
    }

    [Fact]
    public void Cut_to_a_rank_it_is_the_nearest_matrix_of_that_rank()
    {
        var experts = _composing.Experts(2);
        using var model = TinyBase.Llama.Load();
        using var cut = Composing.On(model, "svd", experts, """{"rank": 3}""");
        var site = cut.Sites.Keys.First();
        var delta = Delta(cut);
        cut.Dispose();
        using var whole = Composing.On(model, "nla", experts);
        var values = linalg.svd(Delta(whole)).S;

        Assert.Equal(3, linalg.matrix_rank(delta, rtol: 1e-4).item<long>());
        Assert.Equal(
            values.narrow(0, 3, values.shape[0] - 3).norm().item<float>(), (Delta(whole) - delta).norm().item<float>(), 1e-4);

        Tensor Delta(Adapter adapter) => ((ParallelAdapter)adapter.Sites[site]).Delta();
    }
}

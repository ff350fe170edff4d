using Adapters.Checkpoints;
using Adapters.Mechanisms;
using Adapters.Methods;
using Adapters.Models.Causal;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.Hybrids;

public sealed class GatedLongLoraTests : TorchTest
{
    public static TheoryData<string, int, string> Alike => new()
    {
        { "llama/mha", 1, "{}" }, { "llama/mha", 3, "{}" }, { "llama/gqa-tied", 1, "{}" }, { "llama/gqa-tied", 3, "{}" },
        { "llama/mha", 2, """{"init": "pissa"}""" }, // what it took of the weight is no part of what it has learnt
    };

    [Theory, MemberData(nameof(Alike))]
    public void One_expert_or_equal_ones_are_that_long_lora_embeddings_and_norms_included(string on, int count, string options)
    {
        var expert = TinyBase.Experts(new TinyBase(on), Folder, options, count: 1, method: "longlora")[0];
        using var model = new TinyBase(on).Load();
        var bare = TinyBase.Evaluate(model);
        using var mixture = Mixture(model, [.. Enumerable.Repeat(expert, count)], """{"group": 4}""");
        TinyBase.Perturb(mixture);
        var mixed = TinyBase.Evaluate(model);

        using var other = new TinyBase(on).Load();
        using var alone = AdapterFolder.Load(expert, other);
        TensorAssert.Close(TinyBase.Evaluate(other), mixed, 1e-4);
        Assert.True((bare - mixed).abs().max().item<float>() > 0.01);
    }

    [Fact]
    public void Where_all_is_one_group_the_gates_are_one_softmax_whatever_they_look_at()
    {
        using var model = TinyBase.Llama.Load();
        using var mixture = Mixture(model, Experts("llama/mha", 2), """{"group": 24}""");
        var before = TinyBase.Evaluate(model);

        Move("mole_gate.weight");
        var same = TinyBase.Evaluate(model);
        Move("mole_prior");
        var moved = TinyBase.Evaluate(model);

        Assert.True(before.equal(same).all().item<bool>());
        Assert.False(before.allclose(moved, 1e-3, 1e-3));

        void Move(string end)
        {
            using var frozen = no_grad();
            foreach (var (_, parameter) in mixture.Trainable.Where(pair => pair.Name.EndsWith(end, StringComparison.Ordinal)))
                parameter.add_(arange(0, parameter.numel(), dtype: float32).reshape(parameter.shape).cos());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_last_token_moves_no_earlier_logits(bool training)
    {
        using var model = (CausalModel)TinyBase.Llama.Load();
        using var mixture = Mixture(model, Experts("llama/mha", 2), """{"group": 4}""");
        TinyBase.Perturb(mixture, deviation: 0.5);
        model.train(training);
        var tokens = arange(1, 19).unsqueeze(0); // the last group is not whole
        var (changed, early) = (tokens.clone(), tokens.clone());
        (changed[0, 17], early[0, 1]) = (99, 99);
        var logits = model.Logits(tokens);

        Assert.Equal(0, Moved(changed, before: 17));
        Assert.True(Moved(early, before: 18) > 1e-3);

        float Moved(Tensor other, long before) =>
            (model.Logits(other) - logits).abs().amax([0, 2]).narrow(0, 0, before).max().item<float>();
    }

    [Fact]
    public void A_group_is_gated_by_the_mean_of_those_before_it()
    {
        manual_seed(3);
        using var experts = new FrozenExperts(
            [new LowRankExpert(randn(2, 5), randn(4, 2), 1), new LowRankExpert(randn(2, 5), randn(4, 2), 1)], 5, 4, CPU);
        var (weight, prior) = (randn(8, 2), nn.Parameter(tensor(new float[] { 0.3f, -0.2f })));
        using var gate = new GroupedExpertGate(experts, weight.clone(), full(1, 0.5), prior, group: 2);
        using var mean = new ExpertGate(experts, weight.clone(), full(1, 0.5), GatePooling.Mean, [true, true]);
        var h = experts.Down(randn(1, 5, 5));

        gate.Open(h);

        Assert.Equal([1, 5, 2], gate.Gates.shape);
        TensorAssert.Close(prior.softmax(0).expand(2, 2), gate.Gates[0, ..2]);
        foreach (var (begin, count) in new[] { (2, 2), (4, 1) })
        {
            mean.Open(h.narrow(1, 0, begin));
            TensorAssert.Close(mean.Gates[0].expand(count, 2), gate.Gates[0].narrow(0, begin, count));
        }
    }

    [Fact]
    public void Gated_shifts_of_which_half_the_heads_take_none_and_half_all_are_shifted_sparse_attention()
    {
        manual_seed(3);
        var (query, key, value) = (randn(2, 4, 10, 3), randn(2, 4, 10, 3), randn(2, 4, 10, 3));

        var gated = new GatedShiftedAttention(4, tensor(new float[] { 100, 100, -100, -100 })).Attend(query, key, value, mask: null);

        TensorAssert.Close(new ShiftedSparseAttention(4, ShiftEnds.Split).Attend(query, key, value, mask: null), gated);
    }

    [Fact]
    public void Each_head_learns_how_much_it_shifts()
    {
        using var model = TinyBase.Llama.Load();
        using var mixture = Mixture(model, Experts("llama/mha", 2), """{"group": 4, "attention": "gated"}""");

        TinyBase.Loss(mixture).backward();

        var gate = mixture.Trainable.Single(pair => pair.Name == "base_model.s2_gate").Parameter;
        Assert.True(gate.grad!.abs().min().item<float>() > 0);
    }

    [Fact]
    public void Experts_of_other_angles_are_refused()
    {
        using var model = TinyBase.Llama.Load(); // made for 128 positions
        var expert = Experts("llama/mha", 1);

        var refused = Assert.Throws<AdapterException>(() => TinyBase.Attach("gated-long-lora", model,
            context: new AttachContext { Experts = expert, TargetLength = 500 }));

        Assert.Equal($"{expert[0]} was trained with positions interpolated by 1, but here they are by 4: experts must share the factor.",
            refused.Message);
    }

    private IReadOnlyList<string> Experts(string on, int count) =>
        TinyBase.Experts(new TinyBase(on), Folder, count: count, method: "longlora");

    private static Adapter Mixture(Adapters.Models.BaseModel model, IReadOnlyList<string> experts, string options) =>
        TinyBase.Attach("gated-long-lora", model, options, new AttachContext { Experts = experts });
}

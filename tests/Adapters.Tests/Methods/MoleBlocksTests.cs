using Adapters.Checkpoints;
using Adapters.Methods;
using Adapters.Models;
using Adapters.Models.Causal;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods;

/// <summary>MoLE as the paper has it: gates over what whole blocks give.</summary>
public sealed class MoleBlocksTests : TorchTest
{
    [Theory]
    [InlineData("llama/mha", 1)]
    [InlineData("llama/mha", 3)]
    [InlineData("sam/window-global", 3)]
    public void One_expert_or_equal_ones_are_that_lora_however_they_are_gated(string on, int count)
    {
        var expert = TinyBase.Experts(new TinyBase(on), Folder, count: 1)[0];
        using var other = new TinyBase(on).Load();
        using var alone = AdapterFolder.Load(expert, other);
        using var model = new TinyBase(on).Load();
        using var mixture = Mixture(model, [.. Enumerable.Repeat(expert, count)]);
        TinyBase.Perturb(mixture);

        TensorAssert.Close(TinyBase.Evaluate(other), TinyBase.Evaluate(model), 1e-4);
        Assert.NotNull(mixture.MergeObstacle);
    }

    [Fact]
    public void Experts_that_differ_are_weighed_by_block_and_saved()
    {
        var experts = TinyBase.Experts(TinyBase.Llama, Folder);
        using var model = (CausalModel)TinyBase.Llama.Load();
        using var mixture = Mixture(model, experts);
        var mean = TinyBase.Evaluate(model);
        TinyBase.Perturb(mixture, deviation: 0.5);
        var trained = TinyBase.Evaluate(model);

        Assert.Equal(model.Blocks.Select(block => $"base_model.model.{block.Whole.Name}.mole_gate.weight"),
            mixture.Trainable.Select(pair => pair.Name).Where(name => name.EndsWith(".weight", StringComparison.Ordinal)));
        Assert.False(mean.allclose(trained, 1e-3, 1e-3));
        TinyBase.Loss(mixture).backward();
        Assert.All(mixture.Trainable, pair => Assert.True(pair.Parameter.grad!.abs().max().item<float>() > 0));

        AdapterFolder.Save(mixture, Folder.File("blocks"));
        using var again = TinyBase.Llama.Load();
        using var loaded = AdapterFolder.Load(Folder.File("blocks"), again);
        Assert.True(trained.equal(TinyBase.Evaluate(again)).all().item<bool>());
    }

    [Fact]
    public void What_is_generated_is_the_likeliest_of_the_whole_sequence_though_each_block_is_computed_often()
    {
        using var model = (CausalModel)TinyBase.Llama.Load();
        using var mixture = Mixture(model, TinyBase.Experts(TinyBase.Llama, Folder));
        TinyBase.Perturb(mixture);
        model.eval();
        using var frozen = no_grad();
        var tokens = TinyBase.Tokens()[.., ..6];

        var generated = model.Generate(tokens, count: 3);

        for (var step = 0; step < 3; step++)
            tokens = cat([tokens, model.NextToken(tokens).argmax(-1, keepdim: true)], 1);
        Assert.Equal(tokens.data<long>().ToArray(), generated.data<long>().ToArray());
    }

    [Fact]
    public void Each_pass_leaves_no_tensor_behind()
    {
        using var model = TinyBase.Llama.Load();
        using var mixture = Mixture(model, TinyBase.Experts(TinyBase.Llama, Folder));
        var live = new List<long>();

        for (var step = 0; step < 3; step++)
        {
            using (NewDisposeScope())
            {
                TinyBase.Loss(mixture).backward();
                TinyBase.Evaluate(model);
            }

            live.Add(TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        }

        Assert.Equal(live[0], live[^1]);
    }

    [Fact]
    public void Gates_of_other_than_blocks_are_refused()
    {
        using var model = TinyBase.Llama.Load();
        var experts = TinyBase.Experts(TinyBase.Llama, Folder);

        var refused = Assert.Throws<AdapterException>(() => Mixture(model, experts, """, "granularity": "layer" """));

        Assert.Equal("Option 'mixture' of method 'mole' is block, whose gates are one a block, but 'granularity' is layer.",
            refused.Message);
    }

    private static Adapter Mixture(BaseModel model, IReadOnlyList<string> experts, string more = "") =>
        TinyBase.Attach("mole", model, $$"""{"mixture": "block"{{more}}}""", new AttachContext { Experts = experts });
}

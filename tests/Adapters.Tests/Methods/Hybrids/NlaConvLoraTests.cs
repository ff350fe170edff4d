using Adapters.Checkpoints;
using Adapters.Methods;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.Hybrids;

public sealed class NlaConvLoraTests : TorchTest
{
    [Theory]
    [InlineData("vit/base")]
    [InlineData("sam/window-global")]
    public void All_weight_on_one_expert_is_that_conv_lora_in_evaluation(string on)
    {
        var experts = TinyBase.Experts(new TinyBase(on), Folder, method: "conv-lora");
        using var model = new TinyBase(on).Load();
        Tensor alone;
        using (AdapterFolder.Load(experts[1], model))
            alone = TinyBase.Evaluate(model);

        TensorAssert.Close(alone, Composed("nla-conv-lora", on, experts, """{"weights": [0, 2]}"""), 1e-4);
    }

    [Fact]
    public void Alike_they_are_what_untrained_gates_give()
    {
        var experts = TinyBase.Experts(TinyBase.Vit, Folder, count: 3, method: "conv-lora");

        TensorAssert.Close(Composed("mole-conv-lora", "vit/base", experts), Composed("nla-conv-lora", "vit/base", experts));
    }

    [Fact]
    public void Of_a_task_with_a_head_it_trains_that_and_nothing_else()
    {
        var experts = TinyBase.Experts(TinyBase.Sam, Folder, head: true, method: "conv-lora");
        using var model = TinyBase.Sam.Load();
        var head = TinyBase.HeadOf(model);

        using var mean = TinyBase.Attach("nla-conv-lora", model, context: new() { Experts = experts, Head = head });

        Assert.NotEmpty(head);
        Assert.Equal(head.Select(name => $"base_model.model.{name}").Order(), mean.Trainable.Select(pair => pair.Name).Order());
    }

    [Fact]
    public void Weights_of_fewer_than_all_are_refused()
    {
        var experts = TinyBase.Experts(TinyBase.Vit, Folder, method: "conv-lora");

        var refused = Assert.Throws<AdapterException>(() => Composed("nla-conv-lora", "vit/base", experts, """{"weights": [1]}"""));

        Assert.Equal("Option 'weights' of method 'nla-conv-lora' is [1], but must have a weight for each of the 2 experts.",
            refused.Message);
    }

    private static Tensor Composed(string method, string on, IReadOnlyList<string> experts, string options = "{}")
    {
        using var model = new TinyBase(on).Load();
        using var composed = TinyBase.Attach(method, model, options, new AttachContext { Experts = experts });
        return TinyBase.Evaluate(model);
    }
}

using Adapters.Checkpoints;
using Adapters.Methods;
using Adapters.Models.Vit;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.Hybrids;

public sealed class MoleConvLoraTests : TorchTest
{
    [Theory]
    [InlineData("vit/base")]
    [InlineData("sam/window-global")]
    public void One_expert_is_that_conv_lora_in_evaluation_though_the_gate_is_trained(string on)
    {
        var experts = TinyBase.Experts(new TinyBase(on), Folder, count: 1, method: "conv-lora");
        using var model = new TinyBase(on).Load();
        Tensor alone;
        using (AdapterFolder.Load(experts[0], model))
            alone = TinyBase.Evaluate(model);

        using var mixture = TinyBase.Attach("mole-conv-lora", model, context: new AttachContext { Experts = experts });
        TinyBase.Perturb(mixture); // the gate is 1 whatever it has learnt

        TensorAssert.Close(alone, TinyBase.Evaluate(model), 1e-4);
    }

    [Fact]
    public void Without_convolutions_it_is_mole_over_their_loras()
    {
        const string Options = """{"rank": 4, "alpha": 8}""";
        List<string> convolved = [], plain = [];
        for (var expert = 0; expert < 2; expert++)
        {
            using var model = TinyBase.Vit.Load();
            Dictionary<string, Tensor> factors;
            using (var conv = TinyBase.Attach("conv-lora", model, Options))
            {
                TinyBase.Perturb(conv, seed: (ulong)expert);
                using (no_grad())
                    foreach (var (_, of) in conv.Trainable.Where(pair => pair.Name.Contains(".lora_experts.", StringComparison.Ordinal)))
                        of.zero_();
                factors = conv.Trainable.ToDictionary(pair => pair.Name, pair => pair.Parameter.detach().clone());
                AdapterFolder.Save(conv, Folder.File($"conv-{expert}"));
            }

            using var lora = TinyBase.Attach("lora", model, Options);
            using (no_grad())
                foreach (var (name, parameter) in lora.Trainable)
                    parameter.copy_(factors[name]);
            AdapterFolder.Save(lora, Folder.File($"lora-{expert}"));
            convolved.Add(Folder.File($"conv-{expert}"));
            plain.Add(Folder.File($"lora-{expert}"));
        }

        TensorAssert.Close(Mixed("mole", plain), Mixed("mole-conv-lora", convolved));

        static Tensor Mixed(string method, IReadOnlyList<string> experts)
        {
            using var model = TinyBase.Vit.Load();
            using var mixture = TinyBase.Attach(method, model, context: new AttachContext { Experts = experts });
            TinyBase.Perturb(mixture);
            return TinyBase.Evaluate(model);
        }
    }

    [Fact]
    public void The_head_that_an_expert_trained_for_other_classes_is_left_out()
    {
        using var model = (VitModel)TinyBase.Vit.Load();
        var own = model.Architecture.Classes;
        model.ReplaceClassifier(own + 2, seed: 1);
        var expert = TinyBase.Expert(model, Folder.File("expert"), seed: 1, head: true, method: "conv-lora");
        model.ReplaceClassifier(own, seed: 1);
        var bare = TinyBase.Evaluate(model);

        using var mixture = TinyBase.Attach(
            "mole-conv-lora", model, context: new AttachContext { Experts = [expert], Head = TinyBase.HeadOf(model) });

        Assert.False(TinyBase.Evaluate(model).equal(bare).all().item<bool>()); // what it computes of the image is the expert's
    }

    [Fact]
    public void Adapters_of_another_method_are_refused()
    {
        var experts = TinyBase.Experts(TinyBase.Vit, Folder, count: 1);
        using var model = TinyBase.Vit.Load();

        var refused = Assert.Throws<AdapterException>(
            () => TinyBase.Attach("mole-conv-lora", model, context: new AttachContext { Experts = experts }));

        Assert.Equal($"{experts[0]} holds an adapter of the method 'lora', but only conv-lora adapters can be experts of method "
            + "'mole-conv-lora'.", refused.Message);
        Assert.All(model.Sites.Values, site => Assert.Empty(site.Adapters));
    }
}

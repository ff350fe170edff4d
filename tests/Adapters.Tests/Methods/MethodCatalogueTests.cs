using Adapters.Methods;
using Xunit;

namespace Adapters.Tests.Methods;

public sealed class MethodCatalogueTests
{
    [Fact]
    public void Lists_methods_sorted_by_id()
    {
        var ids = MethodCatalogue.All.Select(method => method.Id).ToList();

        Assert.Equal(ids.Order(StringComparer.Ordinal), ids);
        Assert.Superset(new HashSet<string> { "base", "conv-lora", "full", "longlora", "lora", "mole" }, ids.ToHashSet());
    }

    [Fact]
    public void Describes_a_method_by_its_registration_and_its_documentation()
    {
        var conv = MethodCatalogue.Find("conv-lora");

        Assert.StartsWith("Conv-LoRA: LoRA whose bottleneck is also seen as a map", conv.Summary, StringComparison.Ordinal);
        Assert.Equal("Zhong et al. 2024, arXiv:2401.17868", conv.Source);
        Assert.Equal(["sam", "vit"], conv.Families);
        Assert.Equal((false, true, null), (conv.ComposesExperts, conv.Trains, conv.StartsAt));
        Assert.Equal("The mean of its experts", Capitalised(MethodCatalogue.Find("mole").StartsAt!));

        static string Capitalised(string text) => char.ToUpperInvariant(text[0]) + text[1..];
    }

    [Fact]
    public void Names_the_nearest_method_when_there_is_none_of_a_name()
    {
        var unknown = Assert.Throws<AdapterException>(() => MethodCatalogue.Find("lroa"));

        Assert.Equal("There is no method 'lroa'. Did you mean 'lora'?", unknown.Message);
    }

    [Fact]
    public void Refuses_two_classes_of_one_id()
    {
        var refused = Assert.Throws<InvalidOperationException>(() => MethodCatalogue.Collect([typeof(First), typeof(Second)]));

        Assert.Contains("are registered as method 'same'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_method_refuses_a_family_that_it_does_not_work_on_and_experts_that_it_has_no_use_for()
    {
        using var vit = TinyBase.Vit.Load();

        var family = Assert.Throws<AdapterException>(() => TinyBase.Attach("longlora", vit));
        var experts = Assert.Throws<AdapterException>(() =>
            TinyBase.Attach("lora", vit, context: new AttachContext { Experts = ["a", "b"] }));

        Assert.Equal("Method 'longlora' works on llama, mistral, qwen2, but the base is of the family vit.", family.Message);
        Assert.Equal("Method 'lora' composes no experts, but was given 2.", experts.Message);
    }

    [AdapterMethod("same", Source = "", OperationsPerToken = "0")]
    private sealed class First : AdapterMethod<First.Options>
    {
        public sealed record Options;

        protected override void Attach(Attachment on, Options options) { }
    }

    [AdapterMethod("same", Source = "", OperationsPerToken = "0")]
    private sealed class Second : AdapterMethod<First.Options>
    {
        protected override void Attach(Attachment on, First.Options options) { }
    }
}

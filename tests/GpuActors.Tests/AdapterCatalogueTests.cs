using Adapters.Methods;
using Adapters.Tasks;
using Experiments.Sweeps;
using Xunit;

namespace GpuActors.Tests;

public sealed class AdapterCatalogueTests
{
    private readonly AdapterCatalogue _catalogue = new();

    [Fact]
    public void Describes_every_method_and_task_with_a_summary()
    {
        Assert.Equal(MethodCatalogue.All.Select(method => method.Id), _catalogue.Methods.Select(method => method.Id));
        Assert.Equal(TaskCatalogue.All.Select(task => task.Id), _catalogue.Tasks.Select(task => task.Id));
        Assert.All(_catalogue.Methods, method => Assert.NotEmpty(method.Summary));
        Assert.All(_catalogue.Tasks, task => Assert.NotEmpty(task.Summary));
        Assert.All(_catalogue.TrainingOptions, option => Assert.NotEmpty(option.Summary));
    }

    [Fact]
    public void The_four_methods_and_their_references_are_there()
    {
        string[] ids = ["base", "conv-lora", "full", "longlora", "lora", "mole"];

        Assert.Superset(ids.ToHashSet(), _catalogue.Methods.Select(method => method.Id).ToHashSet());
        Assert.False(_catalogue.Methods.Single(method => method.Id == "base").Trains);
        Assert.True(_catalogue.Methods.Single(method => method.Id == "mole").ComposesExperts);
    }

    [Fact]
    public void A_default_keeps_the_kind_of_its_option()
    {
        var rate = _catalogue.TrainingOptions.Single(option => option.Name == "learning_rate");
        var decay = _catalogue.TrainingOptions.Single(option => option.Name == "weight_decay");
        var steps = _catalogue.TrainingOptions.Single(option => option.Name == "steps");

        Assert.Equal((OptionKind.Real, new ParameterValue.Real(1e-3)), (rate.Kind, rate.Default));
        Assert.Equal(new ParameterValue.Real(0), decay.Default);
        Assert.Equal((OptionKind.Integer, new ParameterValue.Integer(100)), (steps.Kind, steps.Default));
    }

    [Fact]
    public void A_default_that_goes_by_the_size_of_a_task_is_left_open()
    {
        var length = _catalogue.Tasks.Single(task => task.Id == "long-context").Options.Single(option => option.Name == "length");

        Assert.Null(length.Default);
        Assert.Equal(16, length.Minimum);
    }

    [Fact]
    public void No_name_is_an_option_of_two_owners()
    {
        var training = _catalogue.TrainingOptions.Select(option => option.Name).ToList();
        foreach (var task in _catalogue.Tasks)
        {
            var names = task.Options.Select(option => option.Name).ToList();
            Assert.Empty(names.Intersect(training));
            foreach (var method in _catalogue.Methods)
                Assert.Empty(method.Options.Select(option => option.Name).Intersect(names.Concat(training)));
        }
    }

    [Fact]
    public void A_task_on_text_needs_its_corpus_and_then_its_base()
    {
        var preparations = _catalogue.PreparationsOf("long-context", "smoke", "nano");

        Assert.Equal(["corpus/sdk@smoke", "base/nano@smoke"], preparations.Select(preparation => preparation.Id));
        Assert.Equal(["corpus/sdk@smoke"], preparations[1].Needs);
    }
}

using Adapters.Methods;
using Adapters.Pretraining;
using Adapters.Tasks;
using TorchSharp;
using Xunit;

namespace Adapters.Tests.Tasks;

/// <summary>What every registered task promises, on every kind of base that it can be learnt on.</summary>
public sealed class TaskContractTests(SmokeCorpus corpus)
{
    public static TheoryData<string, string> Pairs => new(
        from task in TaskCatalogue.All
        from name in ProductBases.All.Select(product => product.Id).Concat(["sam-tiny + nano", "vit-tiny + nano"])
        where task.Families.Contains(BaseFolder.FamilyOf(name)) && name != "micro"
        select (task.Id, name));

    [Theory, MemberData(nameof(Pairs))]
    public void Reports_the_metrics_that_the_catalogue_names_and_all_are_numbers(string id, string baseModel)
    {
        using var task = corpus.Task(id, baseModel);
        using var model = SmokeCorpus.Base(baseModel);
        task.Fit(model);

        var metrics = task.Evaluate(model, Split.Validation, TestContext.Current.CancellationToken);

        var registered = TaskCatalogue.Find(id);
        Assert.Equal(registered.Metrics.Order(), metrics.Keys.Order());
        Assert.All(metrics, metric => Assert.True(double.IsFinite(metric.Value), metric.Key));
        Assert.Equal(registered.Metric, task.Metric);
        Assert.Contains(task.Metric.Name, metrics.Keys);
    }

    [Theory, MemberData(nameof(Pairs))]
    public void A_batch_depends_on_its_number_and_the_seed_alone(string id, string baseModel)
    {
        using var first = corpus.Task(id, baseModel);
        using var second = corpus.Task(id, baseModel);
        using var model = SmokeCorpus.Base(baseModel);
        first.Fit(model);
        second.Fit(model);

        Assert.Equal(LossOf(first, 5, 1), LossOf(second, 5, 1));
        Assert.Equal(4, new[] { LossOf(first, 5, 1), LossOf(first, 6, 1), LossOf(first, 5, 2), LossOf(first, 0, 1) }.Distinct().Count());

        float LossOf(LearningTask task, long batch, ulong seed)
        {
            using var loss = task.Loss(model, batch, size: 3, seed);
            return loss.item<float>();
        }
    }

    [Theory, MemberData(nameof(Pairs))]
    public void Evaluations_repeat_to_the_bit_and_differ_between_splits(string id, string baseModel)
    {
        using var task = corpus.Task(id, baseModel);
        using var model = SmokeCorpus.Base(baseModel);
        task.Fit(model);

        var validation = task.Evaluate(model, Split.Validation, TestContext.Current.CancellationToken);

        Assert.Equal(validation, task.Evaluate(model, Split.Validation, TestContext.Current.CancellationToken));
        Assert.NotEqual(validation["loss"], task.Evaluate(model, Split.Test, TestContext.Current.CancellationToken)["loss"]);
    }

    [Theory, MemberData(nameof(Pairs))]
    public void Gradients_reach_the_head_and_no_tensor_is_left_behind(string id, string baseModel)
    {
        using var task = corpus.Task(id, baseModel);
        using var model = SmokeCorpus.Base(baseModel);
        var head = task.Fit(model);
        model.train();
        Step(0);
        var live = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        Step(1);
        Step(2);

        Assert.Equal(live, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        Assert.All(head, name => Assert.NotNull(model.ParameterOf(name).grad));

        void Step(long batch)
        {
            using var scope = torch.NewDisposeScope();
            task.Loss(model, batch, size: 2, seed: 1).backward();
        }
    }

    [Theory, MemberData(nameof(Pairs))]
    public void An_evaluation_ends_when_it_is_cancelled(string id, string baseModel)
    {
        using var task = corpus.Task(id, baseModel);
        using var model = SmokeCorpus.Base(baseModel);
        task.Fit(model);

        Assert.Throws<OperationCanceledException>(() => task.Evaluate(model, Split.Test, new CancellationToken(canceled: true)));
    }

    [Theory]
    [InlineData("long-context", "nano", "sam-tiny")]
    [InlineData("composition", "nano", "vit-tiny")]
    [InlineData("lesions", "sam-tiny", "nano")]
    [InlineData("lesion-questions", "sam-tiny + nano", "nano")]
    [InlineData("classify", "vit-tiny", "sam-tiny")]
    [InlineData("classify", "nano", "sam-tiny")]
    public void Refuses_a_model_of_a_family_that_it_cannot_use(string id, string baseModel, string other)
    {
        using var task = corpus.Task(id, baseModel);
        using var model = SmokeCorpus.Base(other);

        var fault = Assert.Throws<AdapterException>(() => task.Fit(model));

        Assert.Contains(id, fault.Message);
        Assert.Contains($"'{model.Family}'", fault.Message);
    }
}

using System.Text.Json.Nodes;
using Adapters.Checkpoints;
using Adapters.Methods;
using Adapters.Models.Causal;
using Adapters.Tasks;
using Adapters.Tests.Methods;
using Xunit;

namespace Adapters.Tests.Tasks;

public sealed class LongContextTests(SmokeCorpus corpus)
{
    [Theory]
    [InlineData(64, 1)] // the base was pretrained at 64
    [InlineData(128, 2)]
    [InlineData(130, 3)]
    public void Interpolates_positions_by_the_target_over_the_pretrained_length_rounded_up(int length, double factor)
    {
        using var task = corpus.Task("long-context", "nano", new JsonObject
        {
            ["length"] = length, ["passkey_trials"] = 0, ["passkey_share"] = 0,
        });
        using var model = (CausalModel)SmokeCorpus.Base("nano");

        Assert.Empty(task.Fit(model));

        var scaling = model.Architecture.RopeScaling;
        Assert.Equal(factor, scaling is RopeScaling.Linear linear ? linear.Factor : 1);
    }

    [Fact]
    public void The_tasks_at_the_pretrained_length_put_interpolated_positions_back()
    {
        using var longContext = corpus.Task("long-context", "nano");
        using var composition = corpus.Task("composition", "nano");
        using var model = (CausalModel)SmokeCorpus.Base("nano");

        longContext.Fit(model);
        composition.Fit(model);

        Assert.IsType<RopeScaling.None>(model.Architecture.RopeScaling);
    }

    [Fact]
    public void Perplexity_at_the_pretrained_length_is_that_of_the_first_positions()
    {
        using var task = corpus.Task("long-context", "nano", new JsonObject { ["length"] = 256 });
        using var model = SmokeCorpus.Base("nano");
        task.Fit(model);

        var metrics = task.Evaluate(model, Split.Validation, TestContext.Current.CancellationToken);

        Assert.Equal(metrics["perplexity_quarter_1"], metrics["perplexity_original"], 9); // 64 of 256
        Assert.Equal(metrics["perplexity"], Math.Exp(metrics["loss"]), 9);
    }

    [Fact]
    public void Shorter_training_sequences_are_those_of_that_length_at_the_positions_of_the_whole()
    {
        using var whole = Task(128, trained: 64);
        using var half = Task(64);
        using var model = (CausalModel)SmokeCorpus.Base("nano");
        whole.Fit(model);

        using var loss = whole.Loss(model, batch: 3, size: 2, seed: 1);
        using var same = half.Loss(model, batch: 3, size: 2, seed: 1);

        Assert.Equal(128, whole.TargetLength);
        Assert.Equal(2, Assert.IsType<RopeScaling.Linear>(model.Architecture.RopeScaling).Factor);
        Assert.Equal(same.item<float>(), loss.item<float>());
    }

    [Fact]
    public void Long_loras_that_learnt_from_several_lengths_can_be_gated_and_are_measured_by_quarters()
    {
        using var folder = new TemporaryFolder();
        using var model = (CausalModel)SmokeCorpus.Base("nano");
        using var task = Task(128);
        task.Fit(model);
        List<string> experts = [];
        foreach (var length in new[] { 64, 128 })
        {
            using var shorter = Task(128, trained: length);
            var context = new AttachContext { Seed = (ulong)length, TargetLength = shorter.TargetLength };
            using var expert = TinyBase.Attach("longlora", model, context: context);
            TinyBase.Perturb(expert, seed: (ulong)length);
            AdapterFolder.Save(expert, folder.File($"{length}"));
            experts.Add(folder.File($"{length}"));
        }

        using var gated = TinyBase.Attach("gated-long-lora", model, context: new() { TargetLength = task.TargetLength, Experts = experts });
        var metrics = task.Evaluate(model, Split.Validation, TestContext.Current.CancellationToken);

        var quarters = Enumerable.Range(1, 4).Select(quarter => metrics[$"perplexity_quarter_{quarter}"]).ToArray();
        Assert.Equal(4, quarters.Distinct().Count());
        Assert.InRange(metrics["perplexity"], quarters.Min(), quarters.Max());
    }

    [Fact]
    public void Training_sequences_longer_than_what_is_read_are_refused()
    {
        var refused = Assert.Throws<AdapterException>(() => Task(64, trained: 128));

        Assert.Equal("Option 'train_length' of task 'long-context' is 128, but positions are interpolated for a 'length' of 64: choose it "
            + "no longer.", refused.Message);
    }

    private LearningTask Task(int length, int? trained = null) => corpus.Task("long-context", "nano", new JsonObject
    {
        ["length"] = length, ["train_length"] = trained, ["passkey_trials"] = 0, ["passkey_share"] = 0,
    });
}

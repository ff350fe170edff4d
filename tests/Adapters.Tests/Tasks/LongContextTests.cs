using System.Text.Json.Nodes;
using Adapters.Models.Causal;
using Adapters.Tasks;
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
}

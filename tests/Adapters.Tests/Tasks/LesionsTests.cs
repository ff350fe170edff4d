using System.Text.Json.Nodes;
using Adapters.Methods;
using Adapters.Models.Sam;
using Adapters.Tasks;
using Adapters.Tests.Methods;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Tasks;

public sealed class LesionsTests(SmokeCorpus corpus)
{
    [Theory] // by maps, by windows of them, by pixels, and beside the encoder
    [InlineData("conv-lora")]
    [InlineData("conv-lora-shifted")]
    [InlineData("sam-adapter")]
    [InlineData("vit-adapter-lite")]
    public void Pictures_of_another_size_than_the_base_was_pretrained_on_are_read_and_learnt_from(string method)
    {
        using var scope = NewDisposeScope();
        using var task = Task(48);
        using var model = SmokeCorpus.Base("sam-tiny"); // of 32
        using var adapter = TinyBase.Attach(method, model, context: new AttachContext { Head = task.Fit(model) });
        model.train();

        task.Loss(model, batch: 0, size: 2, seed: 1).backward();
        model.eval();
        var metrics = task.Evaluate(model, Split.Validation, TestContext.Current.CancellationToken);

        Assert.Contains(adapter.Trainable, pair => pair.Parameter.grad is { } grad && grad.abs().max().item<float>() > 0);
        Assert.All(metrics.Values, value => Assert.True(double.IsFinite(value)));
    }

    [Fact]
    public void The_size_of_the_base_is_what_is_drawn_where_none_is_said()
    {
        using var scope = NewDisposeScope();
        using var model = (SamModel)SmokeCorpus.Base("sam-tiny");
        using var without = Task(null);
        using var same = Task(32);
        using var larger = Task(40);

        Assert.Equal(Loss(without), Loss(same));
        Assert.NotEqual(Loss(without), Loss(larger));

        float Loss(LearningTask task)
        {
            task.Fit(model);
            return task.Loss(model, batch: 0, size: 2, seed: 1).item<float>();
        }
    }

    [Fact]
    public void A_size_that_cuts_patches_is_refused()
    {
        using var task = Task(44);
        using var model = SmokeCorpus.Base("sam-tiny");

        var refused = Assert.Throws<AdapterException>(() => task.Fit(model));

        Assert.Equal("Option 'image_size' of task 'lesions' is 44, but base 'sam-tiny' sees patches of 8 by 8 pixels: choose a multiple.",
            refused.Message);
    }

    private LearningTask Task(int? size) =>
        corpus.Task("lesions", "sam-tiny", size is null ? [] : new JsonObject { ["image_size"] = size });
}

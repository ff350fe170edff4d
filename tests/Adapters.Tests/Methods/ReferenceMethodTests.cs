using Adapters.Training.Optimizers;
using Xunit;

namespace Adapters.Tests.Methods;

/// <summary>The two ends that adapters are measured against: the untouched base and full fine-tuning.</summary>
public sealed class ReferenceMethodTests : TorchTest
{
    [Fact]
    public void The_base_trains_nothing_not_even_the_head()
    {
        using var model = TinyBase.Vit.Load();

        using var adapter = TinyBase.Attach("base", model, context: new() { Head = TinyBase.HeadOf(model) });

        Assert.Equal(0, adapter.TrainableParameters);
        Assert.Empty(adapter.Sites);
        Assert.All(model.parameters(), parameter => Assert.False(parameter.requires_grad));
    }

    [Fact]
    public void Full_fine_tuning_moves_every_parameter_a_tied_one_once()
    {
        using var model = TinyBase.TiedLlama.Load();
        using var adapter = TinyBase.Attach("full", model);
        var before = model.parameters().Select(parameter => parameter.detach().clone()).ToList();

        using var flat = new FlatParameters(adapter.Trainable);
        using var optimizer = new AdamW(flat, new AdamW.Options());
        TinyBase.Loss(adapter).backward();
        optimizer.Step(1, rate: 0.01);

        Assert.Equal(model.parameters().Sum(parameter => parameter.numel()), adapter.TrainableParameters);
        Assert.DoesNotContain(adapter.Trainable, pair => pair.Name.Contains("lm_head", StringComparison.Ordinal));
        Assert.All(model.parameters().Zip(before), pair => Assert.False(pair.First.equal(pair.Second).all().item<bool>()));
    }
}

using Adapters.Tests.Methods;
using Adapters.Training;
using Adapters.Training.Optimizers;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Training.Optimizers;

public sealed class LoraPlusTests : TorchTest
{
    [Theory]
    [InlineData("base_model.model.lin.lora_B.weight", 8)]
    [InlineData("base_model.model.lin.lora_B.bias", 8)]
    [InlineData("base_model.model.lin.lora_embedding_B", 8)]
    [InlineData("base_model.model.lin.hira_B", 8)]
    [InlineData("base_model.model.lin.lora_A.weight", 1)]
    [InlineData("base_model.model.lin.lora_magnitude_vector", 1)]
    [InlineData("base_model.model.lin.glora_B.Xd", 1)] // an addend, no factor
    [InlineData("base_model.model.norm.bias", 1)]
    public void B_is_what_outputs_come_from(string name, double rate) => Assert.Equal(rate, LoraPlus.Rates(8)(name));

    /// <summary>Gradient 1 everywhere, rate 0.1, decay 0.5: p = 2 becomes 2·(1 - 0.05·f) - 0.1·f, of a vector 2 - 0.1·f.</summary>
    [Theory]
    [InlineData("sgd")]
    [InlineData("adamw")] // whose first step is the rate times the gradient's sign
    public void B_steps_and_decays_by_the_ratio_times_the_rate(string optimizer)
    {
        List<(string, Parameter)> parameters =
        [
            ("lora_B.weight", Twos(2, 2)), ("lora_A.weight", Twos(2, 2)), ("lora_B.bias", Twos(2)), ("norm.bias", Twos(2)),
        ];
        using var flat = new FlatParameters(parameters, rateOf: LoraPlus.Rates(4));
        using var rule = IOptimizer.Of(new TrainingOptions { Optimizer = optimizer, WeightDecay = 0.5 }, flat);
        flat.Gradients.fill_(1);

        rule.Step(1, rate: 0.1);

        Assert.Equal(2, flat.Rates.Count);
        Assert.All(parameters.Zip([1.2, 1.8, 1.6, 1.9]), pair =>
            Assert.Equal(pair.Second, pair.First.Item2.mean().item<float>(), 1e-6));

        static Parameter Twos(params long[] shape) => new(full(shape, 2.0, float32));
    }

    [Fact]
    public void A_ratio_of_1_gives_the_bits_of_none_and_another_gives_others()
    {
        var (none, one, four) = (Trained("{}"), Trained("""{"lora_plus_ratio": 1}"""), Trained("""{"lora_plus_ratio": 4}"""));

        Assert.Equal(none, one);
        Assert.NotEqual(none, four);
    }

    [Theory]
    [InlineData("adamw")]
    [InlineData("sgd")]
    public void Resumed_training_goes_on_with_both_rates_to_the_same_bits(string optimizer)
    {
        using var folder = new TemporaryFolder();
        var options = new TrainingOptions
        {
            Steps = 6, BatchSize = 3, CheckpointEvery = 4, LoraPlusRatio = 4, Optimizer = optimizer, Momentum = 0.9, WeightDecay = 0.1,
        };
        var straight = Train(options, folder.Path);
        var checkpoint = Directory.GetDirectories(folder.File("checkpoints"), "*-s4").Single();

        Assert.Equal(straight, Train(options, folder.Path, checkpoint));
    }

    private static byte[] Trained(string options)
    {
        using var folder = new TemporaryFolder();
        var node = System.Text.Json.Nodes.JsonNode.Parse(options)!.AsObject();
        node["steps"] = 3;
        return Train(Adapters.Options.OptionSchema.Bind<TrainingOptions>(node, "the training"), folder.Path);
    }

    private static byte[] Train(TrainingOptions options, string folder, string? from = null)
    {
        using var model = new TinyModel();
        using var task = new SineTask();
        using var adapter = TinyBase.Attach("lora", model, """{"rank": 2, "target_modules": ["first"]}""");
        new Trainer(adapter, task, options, seed: 5).Run(
            new TrainingPlaces { Cache = folder, Folder = folder, ResumeFrom = from }, new Deaf());
        return [.. adapter.Trainable.SelectMany(pair => pair.Parameter.bytes.ToArray())];
    }

    private sealed class Deaf : ITrainingObserver
    {
        public void Measured(int step, IReadOnlyDictionary<string, double> metrics) { }

        public void CheckpointSaved(CheckpointReference checkpoint) { }

        public void Progressed(int step, int steps, string phase) { }
    }
}

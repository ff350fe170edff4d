using System.Text.Json.Nodes;
using Adapters.Checkpoints;
using Adapters.Methods;
using Adapters.Tests.Training;
using Adapters.Training;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.Compositions;

public sealed class LoraHubTests : IDisposable
{
    private readonly Composing _composing = new();

    public void Dispose() => _composing.Dispose();

    /// <summary>Sets the weights.</summary>
    internal static Action<Adapter> Weigh(params float[] weights) => adapter =>
    {
        using var frozen = no_grad();
        Assert.Single(adapter.Trainable).Parameter.copy_(tensor(weights));
    };

    [Fact]
    public void A_weight_of_one_for_one_expert_is_that_lora()
    {
        var experts = _composing.Experts(3);

        var hub = Composing.Composed("lorahub", experts, change: Weigh(0, 1, 0));

        TensorAssert.Close(Composing.Loaded(experts[1]), hub);
    }

    [Fact]
    public void One_expert_at_a_half_is_a_quarter_of_it()
    {
        var experts = _composing.Experts(1);

        var hub = Composing.Composed("lorahub", experts, change: Weigh(0.5f));

        TensorAssert.Close(Composing.Composed("nla", experts, """{"weights": [0.25], "normalize": false}"""), hub);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"init": "pissa", "rank": 3}""")] // what it took of the weight is in neither sum
    [InlineData("""{"rank_pattern": ["v_proj=3"], "alpha_pattern": ["v_proj=5"]}""")]
    public void What_was_found_is_exported_as_one_lora_that_peft_reads(string options)
    {
        var (hub, plain) = (_composing.Folder.File("hub"), _composing.Folder.File("plain"));
        Tensor found;
        using (var model = TinyBase.Llama.Load())
        using (var adapter = Composing.On(model, "lorahub", _composing.Experts(2, options)))
        {
            Weigh(0.7f, -0.4f)(adapter);
            AdapterFolder.Save(adapter, hub);
            found = TinyBase.Evaluate(model);
        }

        PlainLora.Export(hub, plain);

        TensorAssert.Close(found, Composing.Loaded(plain));
        Assert.False(Directory.Exists(Path.Combine(plain, "experts")));
        var file = Path.Combine(plain, "adapter_config.json");
        var config = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        Assert.Equal("lora", (string?)config["orchestrator"]!["method"]);
        config.Remove("orchestrator");
        File.WriteAllText(file, config.ToJsonString());
        TensorAssert.Close(found, Composing.Loaded(plain));
    }

    [Fact]
    public void The_penalty_is_the_mean_magnitude_of_the_weights()
    {
        using var model = TinyBase.Llama.Load();
        using var hub = Composing.On(model, "lorahub", _composing.Experts(2), """{"penalty": 0.5}""");

        Weigh(1, -0.5f)(hub);

        Assert.Equal(0.375f, hub.AuxiliaryLoss!().item<float>());
    }

    [Fact]
    public void A_search_begins_at_the_base_never_grows_worse_and_stays_within_bounds()
    {
        var (losses, weights) = Search(40, """{"bound": 0.2}""");

        Assert.Equal(losses.OrderDescending(), losses);
        Assert.True(losses[^1] < losses[0]);
        Assert.Equal(BaseLoss(), losses[0], 1e-6);
        Assert.All(weights, weight => Assert.InRange(weight, -0.2f, 0.2f));
    }

    [Fact]
    public void A_search_that_was_stopped_and_resumed_ends_with_the_same_bits()
    {
        var unbroken = Search(12).Weights;
        var resumed = Search(12, resumeFrom: _composing.Folder.File(Path.Combine("run", "checkpoints", "a1-s5"))).Weights;

        Assert.Equal(unbroken, resumed);
        Assert.NotEqual(unbroken, Search(12, seed: 2).Weights);
    }

    private (IReadOnlyList<double> Losses, float[] Weights) Search(
        int steps, string options = "{}", string? resumeFrom = null, ulong seed = 1)
    {
        using var model = new TinyModel();
        var context = new AttachContext { Experts = Experts(), Seed = seed };
        using var adapter = TinyBase.Attach("lorahub", model, options, context);
        using var task = new SineTask();
        var told = new Told();
        var training = new TrainingOptions { Steps = steps, BatchSize = 5, ReportEvery = 1, CheckpointEvery = 5 };
        var folder = _composing.Folder.File("run");

        new Trainer(adapter, task, training, seed).Run(
            new TrainingPlaces { Cache = folder, Folder = folder, Attempt = resumeFrom is null ? 1 : 2, ResumeFrom = resumeFrom }, told);

        Assert.All(task.Batches, batch => Assert.Equal(0, batch));
        return (told.Losses, adapter.Trainable[0].Parameter.data<float>().ToArray());
    }

    private static double BaseLoss()
    {
        using var model = new TinyModel();
        using var task = new SineTask();
        return task.Loss(model, batch: 0, size: 5, seed: 1).item<float>();
    }

    private IReadOnlyList<string> Experts() =>
    [
        .. Enumerable.Range(0, 3).Select(expert =>
        {
            using var model = new TinyModel();
            return TinyBase.Expert(model, _composing.Folder.File($"tiny-{expert}"), (ulong)expert, """{"rank": 2}""");
        }),
    ];

    /// <summary>Remembers the losses that it was told.</summary>
    private sealed class Told : ITrainingObserver
    {
        public List<double> Losses { get; } = [];

        public void Measured(int step, IReadOnlyDictionary<string, double> metrics)
        {
            if (metrics.TryGetValue("train_loss", out var loss))
                Losses.Add(loss);
        }

        public void CheckpointSaved(CheckpointReference checkpoint)
        {
        }

        public void Progressed(int step, int steps, string phase)
        {
        }
    }
}

using System.Text.Json.Nodes;
using Adapters.Checkpoints;
using Adapters.Methods;
using Adapters.Models;
using Adapters.Pretraining;
using Adapters.Training;
using TorchSharp;
using Xunit;

namespace Adapters.Tests.Training;

/// <summary>Whole trials on the smallest base that the product makes.</summary>
public sealed class TrialTrainingTests(TrialTrainingTests.TinyBase tiny) : IClassFixture<TrialTrainingTests.TinyBase>, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<CheckpointReference> _checkpoints = [];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("lora")]
    [InlineData("conv-lora")]
    [InlineData("full")]
    public void Trains_measures_and_leaves_an_adapter_that_can_be_loaded(string method)
    {
        var result = Run(Plan(method));

        Assert.Equal(4, result.Steps);
        Assert.Contains("validation_dice", result.Metrics.Keys);
        Assert.Contains("test_dice", result.Metrics.Keys);
        using var model = ModelFolder.Load(tiny.Folder);
        using var adapter = AdapterFolder.Load(result.AdapterFolder!, model);
        Assert.Equal(result.TrainableParameters, adapter.TrainableParameters);
    }

    [Fact]
    public void The_untouched_base_is_measured_and_leaves_no_adapter()
    {
        var result = Run(Plan("base"));

        Assert.Equal(0, result.Steps);
        Assert.Null(result.AdapterFolder);
        Assert.Contains("test_dice", result.Metrics.Keys);
    }

    [Theory]
    [InlineData("lora")]
    [InlineData("conv-lora")]
    public void Stopped_and_resumed_leaves_the_same_adapter_to_the_bit(string method)
    {
        var straight = Run(Plan(method));
        using var stop = new CancellationTokenSource();

        Assert.ThrowsAny<OperationCanceledException>(() => Run(Plan(method), new Recorder(_checkpoints, stop, 3), stop: stop.Token));
        var resumed = Run(Plan(method), resumeFrom: _checkpoints[^1].Folder);

        Assert.Equal(3, _checkpoints[^1].Step);
        Assert.Equal(straight.Metrics, resumed.Metrics);
        Assert.Equal(Weights(straight), Weights(resumed));
    }

    [Fact]
    public void Another_seed_gives_another_adapter()
    {
        var one = Run(Plan("lora"));
        var other = Run(Plan("lora") with { Seed = 2 });

        Assert.NotEqual(Weights(one), Weights(other));
    }

    [Fact]
    public void Trials_leave_no_tensor_behind()
    {
        Run(Plan("conv-lora"));
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        Run(Plan("conv-lora"));

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void A_wrong_training_option_is_named()
    {
        var plan = Plan("lora") with { TrainingOptions = new JsonObject { ["lerning_rate"] = 1 } };

        var error = Assert.Throws<AdapterException>(() => Run(plan));

        Assert.Contains("'lerning_rate'", error.Message);
        Assert.Contains("learning_rate", error.Message);
    }

    private static TrainingPlan Plan(string method) => new()
    {
        Task = "lesions",
        Size = "smoke",
        Base = "sam-tiny",
        Method = method,
        TrainingOptions = new JsonObject { ["steps"] = 4, ["batch_size"] = 2, ["report_every"] = 3 },
        Seed = 1,
    };

    private static byte[] Weights(TrainingResult result) =>
        File.ReadAllBytes(Path.Combine(result.AdapterFolder!, "adapter_model.safetensors"));

    private TrainingResult Run(
        TrainingPlan plan, ITrainingObserver? observer = null, string? resumeFrom = null, CancellationToken stop = default) =>
        TrialTraining.Run(
            plan,
            new TrainingPlaces { Cache = tiny.Cache, Folder = _folder.File($"{Guid.NewGuid()}"), ResumeFrom = resumeFrom },
            observer ?? new Recorder(_checkpoints, null, null),
            stop)!;

    /// <summary>A cache with the base in it, made once for all tests here.</summary>
    public sealed class TinyBase : IDisposable
    {
        private readonly TemporaryFolder _cache = new();

        public TinyBase()
        {
            foreach (var preparation in Preparations.Of("lesions", "smoke", "sam-tiny"))
                Folder = Preparations.Run(
                    preparation.Id, new TrainingPlaces { Cache = Cache, Folder = _cache.File("work") },
                        new Recorder([], null, null), default).Folder;
        }

        public string Cache => _cache.Path;

        public string Folder { get; } = "";

        public void Dispose() => _cache.Dispose();
    }

    private sealed class Recorder(List<CheckpointReference> checkpoints, CancellationTokenSource? stop, int? stopAfter) : ITrainingObserver
    {
        public void Measured(int step, IReadOnlyDictionary<string, double> metrics)
        {
        }

        public void CheckpointSaved(CheckpointReference checkpoint) => checkpoints.Add(checkpoint);

        public void Progressed(int step, int steps, string phase)
        {
            if (phase == "training" && step == stopAfter)
                stop!.Cancel();
        }
    }
}

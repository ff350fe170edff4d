using Adapters.Checkpoints;
using Adapters.Mechanisms;
using Adapters.Methods;
using Adapters.Tests.Training;
using Adapters.Training;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.LowRank;

public sealed class AdaloraTests : TorchTest
{
    private const string Schedule = """{"rank": 4, "target_rank": 1, "warmup_steps": 2, "settled_steps": 3, "interval": 2}""";

    [Fact]
    public void The_budget_falls_by_a_cubic_between_warmup_and_the_settled_steps()
    {
        var budget = new RankAllocation.Budget(Target: 2, Warmup: 2, Settled: 3, Interval: 2, 0.85, 0.85, Steps: null);

        var ranks = Enumerable.Range(1, 10).Select(step => budget.At(step, 10, all: 24, layers: 2)).ToArray();

        // From 24 to 4: at step 4, 20·(3/5)³ + 4 = 8.32; at step 6, 20·(1/5)³ + 4 = 4.16; at step 7, where it settles, 4.
        Assert.Equal([null, null, null, 8, null, 4, 4, null, null, null], ranks);
    }

    [Fact]
    public void Triplets_that_matter_least_are_cut_over_all_layers()
    {
        using var model = new OneLayer(zeros(2, 2));
        using var adapter = TinyBase.Attach(
            "adalora", model, """{"rank": 2, "target_rank": 1, "sensitivity_beta": 0.5, "uncertainty_beta": 0.5}""");
        var e = OneLayer.Set(adapter, "lora_E", 1, 2);
        foreach (var (_, parameter) in adapter.Trainable)
            parameter.grad = zeros_like(parameter);
        e.grad = tensor([3f, 1f]).view(2, 1); // so that the first matters by 3, the second by 2

        adapter.Stepped!(1, 2);
        var early = (e[0, 0].item<float>(), e[1, 0].item<float>());
        adapter.Stepped(2, 2);

        // After step 1 of 2 the budget is (2 - 1)·(1/2)³ + 1 = 1.125: one of two.
        Assert.Equal((1, 0), early);
        Assert.Equal([1f, 0f], e.data<float>().ToArray());
        // Mean 0.5·3, change 0.5·(3 - 1.5); E's values come first.
        Assert.Equal([1.5f, 1f], OneLayer.Kept(adapter, "adalora_sensitivity").data<float>().ToArray()[..2]);
        Assert.Equal([0.75f, 0.5f], OneLayer.Kept(adapter, "adalora_uncertainty").data<float>().ToArray()[..2]);
    }

    [Fact]
    public void A_budget_of_all_ranks_cuts_none()
    {
        using var training = new Run("""{"rank": 2, "target_rank": 2}""", Folder.File("all"));

        training.Go();

        Assert.Equal(2, training.E.count_nonzero().item<long>());
    }

    [Fact]
    public void The_loss_gains_the_distances_from_orthogonal_factors()
    {
        using var model = new OneLayer(zeros(2, 2));
        using var adapter = TinyBase.Attach("adalora", model, """{"rank": 2, "target_rank": 1, "orthogonality_weight": 3}""");
        OneLayer.Set(adapter, "lora_A", 1, 0, 0, 1); // orthogonal
        OneLayer.Set(adapter, "lora_B", 1, 1, 1, 1); // BᵀB - I = [1, 2; 2, 1], of norm √10

        Assert.Equal(3 * Math.Sqrt(10) / 2, adapter.AuxiliaryLoss!().item<float>(), 1e-5);
    }

    [Fact]
    public void A_training_ends_at_the_target_and_resumed_anywhere_with_the_same_bits()
    {
        using var straight = new Run(Schedule, Folder.File("straight"));
        straight.Go();

        Assert.Equal(1, straight.E.count_nonzero().item<long>());
        foreach (var checkpoint in straight.Checkpoints)
        {
            using var resumed = new Run(Schedule, Folder.File($"from-{checkpoint.Step}"));
            resumed.Go(checkpoint.Folder);
            Assert.Equal(straight.Weights(), resumed.Weights());
        }

        Assert.Equal([5, 10], straight.Checkpoints.Select(checkpoint => checkpoint.Step)); // before and after the ranks settle
    }

    [Fact]
    public void What_it_remembers_is_in_no_adapters_file()
    {
        using var model = TinyBase.Llama.Load();
        using var adapter = TinyBase.Attach("adalora", model);

        AdapterFolder.Save(adapter, Folder.Path);

        Assert.Equal(3 * 4, SafeTensorsFile.ReadAll(Folder.File("adapter_model.safetensors")).Count);
        Assert.False(File.Exists(Folder.File(StoredAdapter.BesideFile)));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using var model = TinyBase.Llama.Load();
        using var training = new Run("""{"rank": 2, "target_rank": 1, "warmup_steps": 8, "settled_steps": 4}""", Folder.File("short"));

        Assert.Equal("Option 'target_rank' of method 'adalora' is 9, but must be at most the rank at first, 8.",
            Assert.Throws<AdapterException>(() => TinyBase.Attach("adalora", model, """{"rank": 8, "target_rank": 9}""")).Message);
        Assert.Equal("Options 'warmup_steps' and 'settled_steps' of method 'adalora' are 8 and 4, but their sum must be less than the "
            + "12 steps of the schedule.", Assert.Throws<AdapterException>(() => training.Go()).Message);
    }

    /// <summary>A training of twelve steps on a sine, with a checkpoint after every fifth.</summary>
    private sealed class Run(string options, string folder) : ITrainingObserver, IDisposable
    {
        private readonly TinyModel _model = new();
        private readonly SineTask _task = new();
        private Adapter? _adapter;

        public List<CheckpointReference> Checkpoints { get; } = [];

        public Tensor E => _adapter!.Trainable.Single(pair => pair.Name.EndsWith("lora_E", StringComparison.Ordinal)).Parameter;

        public void Go(string? from = null)
        {
            _adapter = TinyBase.Attach("adalora", _model, options);
            var rules = new TrainingOptions { Steps = 12, BatchSize = 3, LearningRate = 0.05, CheckpointEvery = 5 };
            new Trainer(_adapter, _task, rules, seed: 5).Run(
                new TrainingPlaces { Cache = folder, Folder = folder, ResumeFrom = from }, this);
        }

        public byte[] Weights() => [.. _adapter!.Trainable.SelectMany(pair => pair.Parameter.bytes.ToArray())];

        public void Measured(int step, IReadOnlyDictionary<string, double> metrics) { }

        public void CheckpointSaved(CheckpointReference checkpoint) => Checkpoints.Add(checkpoint);

        public void Progressed(int step, int steps, string phase) { }

        public void Dispose()
        {
            _adapter?.Dispose();
            _model.Dispose();
            _task.Dispose();
        }
    }
}

using Adapters.Checkpoints;
using Adapters.Mechanisms;
using Adapters.Methods;
using Adapters.Tests.Training;
using Adapters.Training;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods;

public sealed class LoraGaTests : TorchTest
{
    [Fact]
    public void Factors_are_the_first_and_the_next_singular_vectors_of_the_mean_gradient()
    {
        using var model = OneLayer.Linear(ones(16, 4));
        var gradient = zeros(16, 4); // in four planes of their own, the first the steepest
        foreach (var (row, column, value) in new[] { (3, 2, 8f), (5, 0, 6f), (7, 3, 4f), (1, 1, 2f) })
            gradient[row, column] = value;
        using var adapter = Attach(model, """{"rank": 2, "init": "lora-ga", "init_batches": 3}""",
            batch => (gradient * model.Layer.Weight).sum() * batch); // times 0, 1, 2: the mean is the gradient itself

        // 16^¼ / √16 = 1/2: A sees inputs 2 and 0, B moves outputs 7 and 1.
        var (a, b) = (OneLayer.Trained(adapter, "lora_A.weight"), OneLayer.Trained(adapter, "lora_B.weight"));
        var (expectedA, expectedB) = (zeros(2, 4), zeros(16, 2));
        (expectedA[0, 2], expectedA[1, 0]) = (0.5f, 0.5f);
        (expectedB[7, 0], expectedB[1, 1]) = (0.5f, 0.5f);
        TensorAssert.Close(expectedA, a.abs());
        TensorAssert.Close(expectedB, b.abs());
        Assert.All(model.parameters(), parameter => Assert.True(parameter.grad is null && !parameter.requires_grad));
    }

    [Fact]
    public void The_start_is_the_base_to_the_last_bit_and_the_first_step_moves_the_weight_along_the_gradient()
    {
        using var model = OneLayer.Linear(8, 8);
        var x = arange(24, dtype: float32).mul(0.7).sin().view(3, 8);
        var bare = model.Evaluate(x);
        using var adapter = Attach(
            model, """{"rank": 2, "alpha": 2, "init": "lora-ga", "init_batches": 1}""", _ => model.Layer.call(x).square().sum());

        Assert.True(model.Evaluate(x).equal(bare).all().item<bool>());

        const double rate = 1e-5;
        var gradient = Gradient();
        model.train();
        model.Layer.call(x).square().sum().backward();
        using (no_grad())
            foreach (var (_, parameter) in adapter.Trainable)
                parameter.sub_(parameter.grad! * rate);
        var moved = ((LowRankDelta)adapter.Sites["lin"]).Delta();

        // A step on both factors moves W by -rate·(B Bᵀ G + G Aᵀ A), up to its square: √8 / 16 of projections of G.
        var (u, _, vt) = linalg.svd(gradient, fullMatrices: false);
        var (left, right) = (u.narrow(1, 2, 2), vt.narrow(0, 0, 2));
        var direction = left.matmul(left.t()).matmul(gradient) + gradient.matmul(right.t()).matmul(right);
        TensorAssert.Close(direction * (Math.Sqrt(8) / 16), moved / -rate, 2e-3 * direction.abs().max().item<float>());

        Tensor Gradient()
        {
            var y = x.matmul(model.Layer.Weight.t()) + model.Layer.Bias!;
            return 2 * y.t().matmul(x).detach();
        }
    }

    [Fact]
    public void A_training_looks_at_the_same_batches_and_ends_resumed_with_the_same_bits()
    {
        var (straight, again) = (new Run(), new Run());
        straight.Go(Folder.File("straight"));
        again.Go(Folder.File("again"));
        Assert.Equal(straight.Probed, again.Probed);
        Assert.NotEmpty(straight.Probed);
        Assert.Equal(straight.Weights, again.Weights);

        var resumed = new Run();
        resumed.Go(Folder.File("resumed"), straight.Checkpoints[0].Folder);

        Assert.Empty(resumed.Probed); // what it began with is in the checkpoint
        Assert.Equal(straight.Weights, resumed.Weights);
    }

    [Fact]
    public void Saved_and_loaded_again_it_computes_the_same_bits_without_a_task()
    {
        using var model = OneLayer.Linear(8, 8);
        var x = arange(24, dtype: float32).mul(0.7).sin().view(3, 8);
        using var adapter = Attach(model, """{"rank": 2, "init": "lora-ga"}""", _ => model.Layer.call(x).square().sum());
        TinyBase.Perturb(adapter);
        var before = model.Evaluate(x);

        AdapterFolder.Save(adapter, Folder.Path);
        using var other = OneLayer.Linear(8, 8);
        using var loaded = AdapterFolder.Load(Folder.Path, other);

        Assert.True(before.equal(other.Evaluate(x)).all().item<bool>());
    }

    public static TheoryData<string> Bases => [.. TinyBase.All.Keys];

    [Theory, MemberData(nameof(Bases))]
    public void On_every_base_it_starts_at_the_base_merges_and_is_saved_and_exported_plain(string on)
    {
        using var model = TinyBase.All[on].Load();
        var bare = TinyBase.Evaluate(model);
        var context = new AttachContext { ProbeLoss = _ => TinyBase.Run(model).square().mean() };
        using var adapter = TinyBase.Attach("lora", model, """{"rank": 4, "init": "lora-ga", "init_batches": 1}""", context);
        Assert.True(TinyBase.Evaluate(model).equal(bare).all().item<bool>());

        TinyBase.Perturb(adapter, deviation: 0.03);
        var trained = TinyBase.Evaluate(model);
        AdapterFolder.Save(adapter, Folder.File("saved"));
        PlainLora.Export(Folder.File("saved"), Folder.File("plain"));
        adapter.Merge();
        TensorAssert.Close(trained, TinyBase.Evaluate(model));

        using var again = TinyBase.All[on].Load();
        using (AdapterFolder.Load(Folder.File("saved"), again))
            Assert.True(trained.equal(TinyBase.Evaluate(again)).all().item<bool>());
        using var plain = AdapterFolder.Load(Folder.File("plain"), again);
        Assert.Empty(plain.Kept);
        TensorAssert.Close(trained, TinyBase.Evaluate(again));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using var model = OneLayer.Linear(8, 6);

        Assert.Equal("Option 'init' is lora-ga, which needs twice the rank in singular vectors, but 'rank' is 4 and a layer maps 8 to 6 "
            + "features, so at most 3 will do.", Refusal("""{"rank": 4, "init": "lora-ga"}""", _ => model.Layer.Weight.sum()));
        Assert.Equal("Option 'init' of method 'lora' is lora-ga, which looks at a task's batches, but there is no task.",
            Refusal("""{"rank": 2, "init": "lora-ga"}""", null));
        Assert.Equal("The loss of the first 8 batches has no finite gradient by the weights of the base.",
            Refusal("""{"rank": 2, "init": "lora-ga"}""", _ => model.Layer.Weight.sum() * double.NaN));
        Assert.All(model.parameters(), parameter => Assert.True(parameter.grad is null && !parameter.requires_grad));

        string Refusal(string options, Func<int, Tensor>? loss) =>
            Assert.Throws<AdapterException>(() => Attach(model, options, loss)).Message;
    }

    private static Adapter Attach(OneLayer model, string options, Func<int, Tensor>? loss) =>
        TinyBase.Attach("lora", model, options, new AttachContext { ProbeLoss = loss });

    /// <summary>A training of six steps on a sine, with a checkpoint after the third.</summary>
    private sealed class Run : ITrainingObserver
    {
        public List<CheckpointReference> Checkpoints { get; } = [];

        public IReadOnlyList<long> Probed { get; private set; } = [];

        public byte[] Weights { get; private set; } = [];

        public void Go(string folder, string? from = null)
        {
            using var model = new TinyModel(dropout: 0.3);
            using var task = new SineTask();
            var rules = new TrainingOptions { Steps = 6, BatchSize = 3, LearningRate = 0.05, CheckpointEvery = 3 };
            var context = TrialTraining.Probing(new AttachContext { Seed = 5 }, task, model, rules, resumes: from is not null);
            using var adapter = TinyBase.Attach("lora", model, """{"rank": 2, "init": "lora-ga"}""", context);
            Probed = [.. task.Batches];
            new Trainer(adapter, task, rules, seed: 5).Run(
                new TrainingPlaces { Cache = folder, Folder = folder, ResumeFrom = from }, this);
            Weights = [.. adapter.Trainable.Select(pair => (Tensor)pair.Parameter).Concat(adapter.Kept.Select(kept => kept.Tensor))
                .SelectMany(tensor => tensor.bytes.ToArray())];
        }

        public void Measured(int step, IReadOnlyDictionary<string, double> metrics) { }

        public void CheckpointSaved(CheckpointReference checkpoint) => Checkpoints.Add(checkpoint);

        public void Progressed(int step, int steps, string phase) { }
    }
}

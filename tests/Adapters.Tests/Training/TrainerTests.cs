using Adapters.Tasks;
using Adapters.Training;
using TorchSharp;
using Xunit;

namespace Adapters.Tests.Training;

public sealed class TrainerTests : TorchTest
{
    private static readonly TrainingOptions Options = new()
    {
        Steps = 12,
        BatchSize = 4,
        LearningRate = 0.02,
        WeightDecay = 0.01,
        ReportEvery = 5,
        EvaluateEvery = 4,
        CheckpointEvery = 0,
    };

    [Fact]
    public void Learns_and_measures_on_validation_and_test_data()
    {
        using var untrained = Training(Options with { Steps = 0 });
        using var training = Training(Options with { Steps = 300, EvaluateEvery = 0 }, dropout: 0);

        var before = untrained.Run().Metrics["test_error"];
        var result = training.Run();

        Assert.True(result.Metrics["test_error"] < before / 2, $"{before} before, {result.Metrics["test_error"]} after");
        Assert.Equal(["test_draw", "test_error", "validation_draw", "validation_error"], result.Metrics.Keys.Order());
        Assert.Equal(300, result.Steps);
        Assert.Equal(result.Metrics["validation_error"], training.Measurements[(300, "validation_error")]);
        Assert.InRange(result.PeakMemoryBytes, 1 << 24, 1L << 40);
    }

    [Fact]
    public void Counts_what_is_trained_and_all_that_there_is()
    {
        using var training = Training(Options with { Steps = 1 });

        var result = training.Run();

        Assert.Equal(8 + 16, result.TrainableParameters);
        Assert.Equal(8 + 32 + 8 + 16, result.TotalParameters);
    }

    [Fact]
    public void Only_what_is_trained_has_gradients()
    {
        using var training = Training(Options with { Steps = 1 });
        training.Adapter.Model.ParameterOf("first.weight").requires_grad = true; // as a base just loaded has it

        training.Run();

        Assert.False(training.Adapter.Model.ParameterOf("first.weight").requires_grad);
        Assert.Null(training.Adapter.Model.ParameterOf("first.weight").grad);
    }

    [Fact]
    public void Reports_the_mean_loss_of_each_interval_and_of_the_rest()
    {
        using var every = Training(Options with { ReportEvery = 1, EvaluateEvery = 0 });
        using var fifth = Training(Options with { EvaluateEvery = 0 });

        every.Run();
        fifth.Run();

        double Mean(int from, int to) => Enumerable.Range(from, to - from + 1)
            .Average(step => every.Measurements[(step, "train_loss")]);
        Assert.Equal([5, 10, 12], Steps(fifth, "train_loss"));
        Assert.Equal(Mean(1, 5), fifth.Measurements[(5, "train_loss")], 1e-12);
        Assert.Equal(Mean(11, 12), fifth.Measurements[(12, "train_loss")], 1e-12);
    }

    [Fact]
    public void Evaluates_at_each_interval_and_at_the_end_once()
    {
        using var training = Training(Options);

        training.Run();

        Assert.Equal([4, 8, 12], Steps(training, "validation_error"));
    }

    [Fact]
    public void Evaluates_without_dropout_and_trains_with_it()
    {
        var modes = new List<bool>();
        using var training = Training(Options, task: new SineTask
        {
            Evaluating = (_, model) => modes.Add(model.training || model.Sites["first"].Adapters[0].training),
        });

        training.Run();

        Assert.Equal([false, false, false, false], modes);
        Assert.True(training.Adapter.Model.training);
        Assert.True(training.Adapter.Sites["first"].training);
    }

    [Fact]
    public void The_method_s_own_term_is_trained_by_but_is_part_of_no_measurement()
    {
        using var training = Training(Options with { Steps = 4, EvaluateEvery = 1, ReportEvery = 1, LearningRate = 0 }, dropout: 0);

        training.Run();

        Assert.Equal(4, training.AuxiliaryLosses);
        Assert.Equal(training.Measurements[(1, "validation_error")], PlainError(training), 1e-6);

        static double PlainError(TinyTraining training)
        {
            training.Adapter.Model.eval();
            return training.Task.Evaluate(training.Adapter.Model, Split.Validation, default)["error"];
        }
    }

    [Fact]
    public void Accumulation_takes_consecutive_batches()
    {
        using var training = Training(Options with { Steps = 2, Accumulation = 3 });

        training.Run();

        Assert.Equal([0, 1, 2, 3, 4, 5], training.Task.Batches);
    }

    [Fact]
    public void Accumulation_averages_losses_and_gradients()
    {
        var descent = Options with { Steps = 1, Optimizer = "sgd", ClipNorm = 0 };
        using var quarter = Training(descent, dropout: 0, task: OnlyTheFirstBatch(0.25));
        using var accumulated = Training(descent with { Accumulation = 4 }, dropout: 0, task: OnlyTheFirstBatch(1));

        quarter.Run();
        accumulated.Run();

        Assert.Equal(quarter.Measurements[(1, "train_loss")], accumulated.Measurements[(1, "train_loss")], 1e-6);
        Assert.All(quarter.Adapter.Trainable.Zip(accumulated.Adapter.Trainable), pair =>
            Assert.True(pair.First.Parameter.allclose(pair.Second.Parameter, rtol: 1e-5, atol: 1e-7)));

        static SineTask OnlyTheFirstBatch(double weight) => new() { Weight = batch => batch == 0 ? weight : 0 };
    }

    [Fact]
    public void Clipping_bounds_the_step_of_plain_descent()
    {
        using var training = Training(
            Options with { Steps = 1, Optimizer = "sgd", LearningRate = 1, ClipNorm = 0.01, Warmup = 0, WeightDecay = 0 });
        var before = training.Adapter.Trainable.Select(pair => pair.Parameter.detach().clone()).ToList();

        training.Run();

        var moved = Math.Sqrt(training.Adapter.Trainable.Zip(before)
            .Sum(pair => (pair.First.Parameter.detach() - pair.Second).square().sum().item<float>()));
        Assert.Equal(0.01, moved, 1e-4);
    }

    [Theory]
    [InlineData(double.NaN, "The loss became NaN at step 3.")]
    [InlineData(double.PositiveInfinity, "The loss became Infinity at step 3.")]
    [InlineData(1e30, "The gradient's norm became Infinity at step 3.")]
    public void Ends_as_diverged_with_the_step(double weight, string message)
    {
        using var training = Training(Options, task: new SineTask { Weight = batch => batch == 2 ? weight : 1 });

        var error = Assert.Throws<DivergedException>(() => training.Run());

        Assert.Equal(3, error.Step);
        Assert.StartsWith(message, error.Message);
    }

    [Fact]
    public void Trains_nothing_where_nothing_is_trainable()
    {
        using var model = new TinyModel();
        using var task = new SineTask();
        var adapter = new Adapters.Methods.Adapter { Model = model, Method = "base", Trainable = [], Config = [] };

        var result = new Trainer(adapter, task, Options, seed: 1).Run(
            new TrainingPlaces { Cache = Folder.Path, Folder = Folder.Path }, new Silent());

        Assert.Equal(0, result!.Steps);
        Assert.Equal(0, result.TrainableParameters);
        Assert.Contains("test_error", result.Metrics.Keys);
        Assert.Empty(task.Batches);
    }

    [Fact]
    public void Memory_stays_flat_over_a_thousand_steps()
    {
        var live = new List<long>();
        var resident = new List<long>();
        using var training = Training(
            Options with { Steps = 1200, EvaluateEvery = 200, ReportEvery = 200, CheckpointEvery = 200 },
            task: new SineTask
            {
                Evaluating = (_, _) =>
                {
                    live.Add(DisposeScopeManager.Statistics.ThreadTotalLiveCount);
                    resident.Add(Environment.WorkingSet);
                },
            });

        training.Run();

        Assert.All(live, count => Assert.Equal(live[0], count));
        Assert.InRange(resident[^1] - resident[0], long.MinValue, 16 << 20);
    }

    [Fact]
    public void Leaves_no_tensor_of_its_own()
    {
        using var training = Training(Options);
        training.Run();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        new Trainer(training.Adapter, training.Task, Options, 5).Run(
            new TrainingPlaces { Cache = Folder.Path, Folder = Folder.Path }, new Silent());

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    private TinyTraining Training(TrainingOptions options, double dropout = 0.3, SineTask? task = null) =>
        new(Folder.Path, options, dropout) { Task = task ?? new SineTask() };

    private static IEnumerable<int> Steps(TinyTraining training, string metric) =>
        training.Measurements.Keys.Where(key => key.Metric == metric).Select(key => key.Step);

    private sealed class Silent : ITrainingObserver
    {
        public void Measured(int step, IReadOnlyDictionary<string, double> metrics)
        {
        }

        public void CheckpointSaved(CheckpointReference checkpoint)
        {
        }

        public void Progressed(int step, int steps, string phase)
        {
        }
    }
}

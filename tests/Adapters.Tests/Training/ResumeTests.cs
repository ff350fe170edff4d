using Adapters.Methods;
using Adapters.Training;
using CsCheck;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Training;

/// <summary>
/// A training that is stopped, killed or moved ends with the bits of one that was not, at every step and for each rule,
/// with dropout, random noise in the method, accumulation and an unreported part of an interval.
/// </summary>
public sealed class ResumeTests : TorchTest
{
    private const int Steps = 11;

    private int _trainings;

    public static TheoryData<string> Optimizers => ["adamw", "sgd"];

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Stopped_after_any_step_and_resumed_gives_the_same_bits(string optimizer)
    {
        using var straight = Straight(optimizer);

        for (var stop = 1; stop <= Steps; stop++)
        {
            using var stopped = Training(optimizer, stop);
            Assert.ThrowsAny<OperationCanceledException>(() => stopped.Run());
            var checkpoint = stopped.Checkpoints[^1];
            using var resumed = Training(optimizer);
            resumed.Run(checkpoint.Folder, attempt: 2);

            Assert.Equal(stop, checkpoint.Step);
            AssertSame(straight, stopped, resumed);
        }
    }

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Killed_and_resumed_from_any_older_checkpoint_repeats_the_same_bits(string optimizer)
    {
        using var straight = Straight(optimizer);

        foreach (var checkpoint in straight.Checkpoints)
        {
            using var resumed = Training(optimizer);
            resumed.Run(checkpoint.Folder, attempt: 2);

            AssertSame(straight, straight, resumed);
        }
    }

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Stopped_any_number_of_times_gives_the_same_bits(string optimizer)
    {
        using var straight = Straight(optimizer);

        Gen.Int[1, Steps - 1].HashSet[1, Steps - 1].Sample(
            stops =>
            {
                using var scope = NewDisposeScope();
                string? from = null;
                foreach (var stop in stops.Order())
                {
                    using var part = Training(optimizer, stop);
                    Assert.ThrowsAny<OperationCanceledException>(() => part.Run(from));
                    from = part.Checkpoints[^1].Folder;
                }
                using var last = Training(optimizer);
                last.Run(from);

                Assert.Equal(straight.Weights(), last.Weights());
            },
            iter: 25);
    }

    [Fact]
    public void Stopped_during_an_evaluation_saves_the_step_and_evaluates_it_again()
    {
        using var straight = Straight("adamw");
        using var stop = new CancellationTokenSource();
        using var stopped = new TinyTraining(NextFolder(), Options("adamw"))
        {
            Task = new SineTask { Evaluating = (_, _) => stop.Cancel() },
        };

        Assert.ThrowsAny<OperationCanceledException>(() => new Trainer(
            stopped.Adapter, stopped.Task, stopped.Options, stopped.Seed).Run(
                new TrainingPlaces { Cache = stopped.Folder, Folder = stopped.Folder }, stopped, stop.Token));
        using var resumed = Training("adamw");
        resumed.Run(stopped.Checkpoints[^1].Folder);

        Assert.Equal(4, stopped.Checkpoints[^1].Step);
        Assert.DoesNotContain((4, "validation_error"), stopped.Measurements.Keys);
        AssertSame(straight, stopped, resumed);
    }

    [Fact]
    public void Stopped_before_the_first_step_leaves_no_checkpoint()
    {
        using var training = Training("adamw");
        training.Stop.Cancel();

        Assert.ThrowsAny<OperationCanceledException>(() => training.Run());

        Assert.Empty(training.Checkpoints);
        Assert.Empty(training.Task.Batches);
    }

    [Fact]
    public void Checkpoints_carry_attempt_and_step()
    {
        using var straight = Straight("adamw");
        using var resumed = Training("adamw");

        resumed.Run(straight.Checkpoints[0].Folder, attempt: 2);

        Assert.Equal(["a1-s3", "a1-s6", "a1-s9"], straight.Checkpoints.Select(c => Path.GetFileName(c.Folder)));
        Assert.Equal(["a2-s6", "a2-s9"], resumed.Checkpoints.Select(c => Path.GetFileName(c.Folder)));
    }

    [Theory]
    [InlineData("sgd", 5, "is of method 'scaled' with optimizer 'adamw' and seed 5; it cannot go on as "
        + "method 'scaled' with optimizer 'sgd' and seed 5.")]
    [InlineData("adamw", 6, "it cannot go on as method 'scaled' with optimizer 'adamw' and seed 6.")]
    public void Refuses_a_checkpoint_of_another_training(string optimizer, ulong seed, string message)
    {
        using var straight = Straight("adamw");
        using var other = new TinyTraining(NextFolder(), Options(optimizer)) { Seed = seed };

        var error = Assert.Throws<AdapterException>(() => other.Run(straight.Checkpoints[0].Folder));

        Assert.EndsWith(message, error.Message);
    }

    private static TrainingOptions Options(string optimizer) => new()
    {
        Steps = Steps,
        BatchSize = 3,
        Accumulation = 2,
        Optimizer = optimizer,
        LearningRate = 0.05,
        WeightDecay = 0.1,
        Momentum = 0.9,
        ReportEvery = 5,
        EvaluateEvery = 4,
        CheckpointEvery = 3,
    };

    private TinyTraining Training(string optimizer, int? stopAfter = null) =>
        new(NextFolder(), Options(optimizer)) { StopAfter = stopAfter };

    private TinyTraining Straight(string optimizer)
    {
        var training = Training(optimizer);
        training.Run();
        return training;
    }

    private string NextFolder() => Folder.File($"{++_trainings}");

    /// <summary>Both parts together report what the straight one did, and where both report a step, the same.</summary>
    private static void AssertSame(TinyTraining straight, TinyTraining first, TinyTraining second)
    {
        Assert.Equal(straight.Weights(), second.Weights());
        var reports = first.Measurements.Concat(second.Measurements).ToLookup(report => report.Key, report => report.Value);
        Assert.Equal(straight.Measurements.Keys, reports.Select(report => report.Key).Order());
        Assert.All(reports, report => Assert.All(report, value => Assert.Equal(straight.Measurements[report.Key], value)));
    }
}

using System.Text.Json.Nodes;
using Adapters.Methods;
using Adapters.Models;
using Adapters.Pretraining;
using Adapters.Runtime;
using Experiments.Sweeps;
using Experiments.Trials;
using GpuActors.Protocol;
using GpuActors.Workers;
using Xunit;

namespace GpuActors.Tests.Workers;

/// <summary>Real training, of a very small vision transformer.</summary>
public sealed class TrialRunnerTests : IDisposable
{
    private static readonly TrialId Trial = new(1);
    private static readonly TrialId Donor = new(2);

    private readonly string _dataFolder = Directory.CreateTempSubdirectory("runner-").FullName;
    private readonly TrialRunner _runner;
    private readonly string _base;

    public TrialRunnerTests()
    {
        _runner = new TrialRunner(_dataFolder, new ComputeDevice("cpu:0", Threads: 1));
        _runner.WarmUp();
        _base = Path.Combine(_dataFolder, "vit");
        using var model = ModelFolder.Create(
            new JsonObject
            {
                ["model_type"] = "vit",
                ["hidden_size"] = 12,
                ["intermediate_size"] = 16,
                ["num_hidden_layers"] = 1,
                ["num_attention_heads"] = 3,
                ["image_size"] = 16,
                ["patch_size"] = 8,
                ["num_labels"] = 2,
            },
            seed: 1);
        ModelFolder.Save(model, _base);
    }

    [Fact]
    public void Trains_a_trial_and_leaves_its_adapter_and_checkpoints_in_the_attempts_own_folder()
    {
        var seen = new Seen();

        var result = Finished(_runner.Run(Assignment(attempt: 1), seen, default));

        Assert.Equal("started 0", seen.Log[0]);
        Assert.Contains("saved 3 sweeps/s/trials/t1/a1/checkpoints/a1-s3", seen.Log);
        Assert.Contains(seen.Log, line => line.StartsWith("measured 2 train_loss=", StringComparison.Ordinal));
        Assert.Equal(6, seen.Progress?.Steps);
        Assert.Equal(6, result.Steps);
        Assert.Contains("test_accuracy", result.Metrics.Keys);
        Assert.Equal("sweeps/s/trials/t1/a1/adapter", result.Artefact);
        Assert.True(File.Exists(Path.Combine(_dataFolder, result.Artefact!, "adapter_model.safetensors")));
    }

    [Fact]
    public void A_stopped_trial_goes_on_from_its_checkpoint_and_ends_with_the_same_bits()
    {
        var undisturbed = new Seen();
        var expected = Finished(_runner.Run(Assignment(attempt: 1), undisturbed, default));
        using var wish = new CancellationTokenSource();
        var stopped = new Seen { OnMeasured = step => Cancel(wish, step == 4) };

        Assert.ThrowsAny<OperationCanceledException>(
            () => _runner.Run(Assignment(attempt: 2), stopped, new StopWishes(wish.Token, default)));
        var resumed = new Seen();
        var result = Finished(_runner.Run(Assignment(attempt: 3, stopped.Newest), resumed, default));

        Assert.Equal("started 4", resumed.Log[0]);
        Assert.Equal(undisturbed.Measured, stopped.Measured.Concat(resumed.Measured));
        Assert.Equal(expected.Metrics, result.Metrics);
    }

    [Fact]
    public void A_trial_rests_where_it_is_told_and_goes_on_to_the_same_bits()
    {
        var undisturbed = new Seen();
        var expected = Finished(_runner.Run(Assignment(attempt: 1), undisturbed, default));
        var (first, second) = (new Seen(), new Seen());

        var rested = _runner.Run(Assignment(attempt: 2) with { MeasureAt = [1, 4], RestAt = 4 }, first, default);
        var result = Finished(_runner.Run(Assignment(attempt: 3, first.Newest), second, default));

        Assert.Equal(new AttemptOutcome.Rested(4), rested);
        Assert.Equal([1, 4], first.Evaluated);
        Assert.Equal("saved 4 sweeps/s/trials/t1/a2/checkpoints/a2-s4", first.Log[^1]);
        Assert.Equal("started 4", second.Log[0]);
        Assert.Equal(undisturbed.Measured, first.Measured.Concat(second.Measured).Where(line => !IsOfRung(line)));
        Assert.Equal(expected.Metrics, result.Metrics);

        static bool IsOfRung(string line) =>
            line.Contains("validation_", StringComparison.Ordinal) && !line.StartsWith("measured 6", StringComparison.Ordinal);
    }

    [Fact]
    public void A_trial_that_resumes_where_it_rests_is_measured_there_first()
    {
        var (first, second) = (new Seen(), new Seen());
        _runner.Run(Assignment(attempt: 1) with { RestAt = 3 }, first, default);

        var rested = _runner.Run(Assignment(attempt: 2, first.Newest) with { MeasureAt = [3], RestAt = 3 }, second, default);

        Assert.Equal(new AttemptOutcome.Rested(3), rested);
        Assert.Equal(["started 3"], second.Log.Where(line => !line.StartsWith("measured 3 validation_", StringComparison.Ordinal)));
        Assert.Equal([3], second.Evaluated);
    }

    [Fact]
    public void A_trial_that_is_stopped_at_once_leaves_no_checkpoint()
    {
        using var wish = new CancellationTokenSource();
        var seen = new Seen { OnMeasured = step => Cancel(wish, step == 2) };

        Assert.ThrowsAny<OperationCanceledException>(
            () => _runner.Run(Assignment(attempt: 1), seen, new StopWishes(default, wish.Token)));

        Assert.DoesNotContain(seen.Log, line => line.StartsWith("saved", StringComparison.Ordinal));
        Assert.Empty(Directory.GetDirectories(Path.Combine(_dataFolder, "sweeps/s/trials/t1/a1/checkpoints")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_damaged_or_missing_checkpoint_makes_the_attempt_begin_at_the_start(bool isThere)
    {
        var first = new Seen();
        _runner.Run(Assignment(attempt: 1), first, default);
        var checkpoint = Path.Combine(_dataFolder, first.Newest!.Folder);
        if (isThere)
            File.WriteAllText(Path.Combine(checkpoint, "state.safetensors"), "damaged");
        else
            Directory.Delete(checkpoint, recursive: true);

        var again = new Seen();
        _runner.Run(Assignment(attempt: 2, first.Newest), again, default);

        Assert.StartsWith($"started 0It begins at the start. '{checkpoint}/", again.Log[0], StringComparison.Ordinal);
        Assert.Equal(first.Measured, again.Measured);
    }

    [Fact]
    public void A_trial_that_takes_another_over_trains_on_its_state_with_its_own_values()
    {
        var constant = ("schedule", (ParameterValue)new ParameterValue.Text("constant"));
        var undisturbed = new Seen();
        var expected = Finished(_runner.Run(Of(Donor, Assignment(attempt: 1, more: constant)), undisturbed, default));
        var donor = new Seen();
        _runner.Run(Of(Donor, Assignment(attempt: 2, more: constant)) with { MeasureAt = [4], RestAt = 4 }, donor, default);

        var alike = Finished(_runner.Run(TakenOver(donor, attempt: 2, constant), new Seen(), default));
        var still = Finished(_runner.Run(TakenOver(donor, attempt: 3, constant, Rate(0)), new Seen(), default));
        var faster = Finished(_runner.Run(TakenOver(donor, attempt: 4, constant, Rate(0.3)), new Seen(), default));

        Assert.Equal(expected.Metrics, alike.Metrics); // weights, optimizer and place in the data are the donor's, to the bit
        Assert.Contains($"validation_loss={still.Metrics["validation_loss"]:R}", donor.Measured.Last(), StringComparison.Ordinal);
        Assert.NotEqual(expected.Metrics["validation_loss"], faster.Metrics["validation_loss"]);
    }

    [Fact]
    public void A_trial_that_was_stopped_after_it_took_another_over_ends_with_the_same_bits()
    {
        var donor = new Seen();
        _runner.Run(Of(Donor, Assignment(attempt: 1)) with { RestAt = 3 }, donor, default);
        var changed = new (string, ParameterValue)[] { Rate(0.05), ("dropout", new ParameterValue.Real(0.2)) };
        var undisturbed = new Seen();
        var expected = Finished(_runner.Run(TakenOver(donor, attempt: 2, changed), undisturbed, default));
        using var wish = new CancellationTokenSource();
        var stopped = new Seen { OnMeasured = step => Cancel(wish, step == 4) };

        Assert.ThrowsAny<OperationCanceledException>(
            () => _runner.Run(TakenOver(donor, attempt: 3, changed), stopped, new StopWishes(wish.Token, default)));
        var resumed = new Seen();
        var own = TakenOver(donor, attempt: 4, changed) with { ResumeFrom = stopped.Newest };
        var result = Finished(_runner.Run(own, resumed, default));

        Assert.Equal(("started 3", "started 4"), (stopped.Log[0], resumed.Log[0]));
        Assert.Equal(undisturbed.Measured, stopped.Measured.Concat(resumed.Measured));
        Assert.Equal(expected.Metrics, result.Metrics);
    }

    [Fact]
    public void A_trial_that_took_another_over_does_not_begin_at_the_start_when_the_checkpoint_is_gone()
    {
        var donor = new Seen();
        _runner.Run(Of(Donor, Assignment(attempt: 1)) with { RestAt = 3 }, donor, default);
        Directory.Delete(Path.Combine(_dataFolder, donor.Newest!.Folder), recursive: true);

        var seen = new Seen();
        var failure = Assert.Throws<IOException>(() => _runner.Run(TakenOver(donor, attempt: 2), seen, default));

        Assert.StartsWith(
            "It took another trial's training over and cannot begin at the start.", failure.Message, StringComparison.Ordinal);
        Assert.Empty(seen.Log);
    }

    [Fact]
    public void What_was_prepared_and_is_gone_is_made_again_and_no_one_hears_of_its_measurements()
    {
        var assignment = Assignment(attempt: 1);
        assignment = assignment with { Block = assignment.Block! with { Base = "vit-tiny" } };
        var (first, second) = (new Seen(), new Seen());

        var made = Finished(_runner.Run(assignment, first, default));
        var cache = Path.Combine(_dataFolder, "cache");
        Directory.Delete(cache, recursive: true);
        var madeAgain = Finished(_runner.Run(assignment with { Attempt = new AttemptId(Trial, 2) }, second, default));

        Assert.Equal(made.Metrics, madeAgain.Metrics);
        Assert.Equal(first.Measured, second.Measured);
        Assert.Equal("started 0", second.Log[0]);
        Assert.True(Preparations.IsReady("base/vit-tiny@smoke", cache));
    }

    [Fact]
    public void An_option_that_nobody_has_is_refused_by_name()
    {
        var assignment = Assignment(attempt: 1, more: ("rnak", new ParameterValue.Integer(2)));

        var refused = Assert.Throws<AdapterException>(() => _runner.Run(assignment, new Seen(), default));

        Assert.Equal("'rnak' is no option of method 'lora' or the training or task 'classify'.", refused.Message);
    }

    public void Dispose()
    {
        _runner.Dispose();
        Directory.Delete(_dataFolder, recursive: true);
    }

    private static TrialResult Finished(AttemptOutcome outcome) => Assert.IsType<AttemptOutcome.Finished>(outcome).Result;

    private static void Cancel(CancellationTokenSource source, bool when)
    {
        if (when)
            source.Cancel();
    }

    private static (string, ParameterValue) Rate(double rate) => ("learning_rate", new ParameterValue.Real(rate));

    private static Assignment Of(TrialId trial, Assignment assignment) =>
        assignment with { Attempt = assignment.Attempt with { Trial = trial } };

    /// <summary>An attempt that goes on where the donor rests.</summary>
    private Assignment TakenOver(Seen donor, int attempt, params (string Name, ParameterValue Value)[] more) =>
        Assignment(attempt, donor.Newest! with { Owner = Donor }, more) with { FirstAttempt = 2 };

    private Assignment Assignment(int attempt, CheckpointRecord? resumeFrom = null, params (string Name, ParameterValue Value)[] more)
    {
        (string Name, long Value)[] whole =
        [
            ("rank", 2), ("steps", 6), ("batch_size", 2), ("report_every", 2), ("checkpoint_every", 3), ("items", 10), ("train_items", 10),
        ];
        var configuration = new Configuration(
        [
            .. whole.Select(option => KeyValuePair.Create(option.Name, (ParameterValue)new ParameterValue.Integer(option.Value))),
            .. more.Select(option => KeyValuePair.Create(option.Name, option.Value)),
        ]);
        var block = new TaskBlock
        {
            Task = "classify",
            Size = "smoke",
            Base = _base,
            Metric = "accuracy",
            Maximize = true,
            Methods = [new MethodEntry { Name = "lora", Method = "lora", Space = new SearchSpace([]) }],
        };
        var work = new TrialWork.Train(0, "lora", 0, configuration, Replicate: 0, Seed: 7);
        return new Assignment("s", new AttemptId(Trial, attempt), work, block, "lora", resumeFrom, [], null, []);
    }

    private sealed class Seen : IAttemptObserver
    {
        public List<string> Log { get; } = [];

        public CheckpointRecord? Newest { get; private set; }

        public Progress? Progress { get; private set; }

        public Action<int> OnMeasured { get; init; } = _ => { };

        public IEnumerable<string> Measured => Log.Where(line => line.StartsWith("measured", StringComparison.Ordinal));

        /// <summary>Steps at which it was measured on validation data.</summary>
        public List<int> Evaluated { get; } = [];

        void IAttemptObserver.Started(int fromStep, string? warning) => Log.Add($"started {fromStep}{warning}");

        void IAttemptObserver.Measured(int step, IReadOnlyDictionary<string, double> values)
        {
            var told = values.OrderBy(value => value.Key, StringComparer.Ordinal).Select(value => $"{value.Key}={value.Value:R}");
            Log.Add($"measured {step} {string.Join(' ', told)}");
            if (values.Keys.Any(name => name.StartsWith("validation_", StringComparison.Ordinal)))
                Evaluated.Add(step);
            OnMeasured(step);
        }

        void IAttemptObserver.Saved(int step, string folder, long bytes)
        {
            Log.Add($"saved {step} {folder}");
            Newest = new CheckpointRecord(1, step, folder, bytes);
        }

        void IAttemptObserver.Progressed(Progress progress) => Progress = progress;
    }
}

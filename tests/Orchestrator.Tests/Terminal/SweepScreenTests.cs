using System.Collections.Immutable;
using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Trials;
using Orchestrator.Terminal;
using Spectre.Console;
using Xunit;

namespace Orchestrator.Tests.Terminal;

public sealed class SweepScreenTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly SweepProgress _progress = new();
    private long _number;

    [Theory]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(100)]
    [InlineData(140)]
    public void The_picture_fits_its_width(int width)
    {
        HalfWay();

        var picture = Draw(width, Start.AddSeconds(95));

        Assert.All(picture.Split('\n'), line => Assert.True(line.TrimEnd().Length <= width, line));
        Snapshot.Matches(picture, $"half-way-{width}");
    }

    [Fact]
    public void Before_anything_has_happened_it_says_so()
    {
        Assert.Contains("starting", Draw(80, Start), StringComparison.Ordinal);
    }

    [Fact]
    public void Time_left_is_not_guessed_before_three_trainings_have_ended()
    {
        HalfWay();
        Assert.NotNull(_progress.TimeLeft(Start));

        var fresh = new SweepProgress();
        Assert.Null(fresh.TimeLeft(Start));
    }

    [Fact]
    public void Time_left_is_the_rest_of_each_entry_at_its_median_over_the_devices_at_work()
    {
        HalfWay();

        // lora: 4 of 6 ended after 10 s each; t5 runs since 5 s (5 s left), t6 waits (10 s); conv-lora: one ended after 30 s,
        // t8 runs since 5 s (25 s left), t9 waits (30 s). Two devices work.
        Assert.Equal(TimeSpan.FromSeconds((5 + 10 + 25 + 30) / 2.0), _progress.TimeLeft(Start.AddSeconds(95)));
    }

    [Fact]
    public void One_seed_of_a_better_configuration_does_not_lead_three_of_another()
    {
        HalfWay();

        // lora: rank 4 has 0.81, 0.84 and 0.79, rank 8 has 0.86.
        Assert.Equal(
            ["conv-lora rank 4: 0.910 of 1", "lora rank 4: 0.813 of 3"],
            _progress.Leaders(0).Select(leader => FormattableString.Invariant(
                $"{leader.Entry} rank {leader.Configuration.Values["rank"]}: {leader.Mean:0.000} of {leader.Seeds}")));
    }

    private void HalfWay()
    {
        var block = new TaskBlock
        {
            Task = "lesions", Size = "smoke", Base = "sam-tiny", Metric = "dice", Maximize = true,
            Methods = [Entry("lora"), Entry("conv-lora")],
        };
        Record(0, new SweepEvent.SweepStarted(new SweepSpec { Name = "demo", Seeds = [0, 1, 2], Tasks = [block] }));
        Record(0, new SweepEvent.TrialCreated(new TrialId(0), new TrialWork.Prepare("base/sam-tiny"), []));
        for (var number = 1; number <= 9; number++)
            Record(0, new SweepEvent.TrialCreated(new TrialId(number), Work(number), []));

        Complete(0, 20, null);
        Complete(1, 10, 0.81);
        Complete(2, 10, 0.84);
        Complete(3, 10, 0.79);
        Complete(4, 10, 0.86);
        Complete(7, 30, 0.91);
        Lease(5, "cpu:0", 90);
        Lease(8, "cpu:1", 90);
        Record(93, new SweepEvent.MetricReported(Attempt(5), 2, 50, Values(("train_loss", 0.412))));
        _progress.Tick(Attempt(5), 50, 200, "training");
        _progress.Tick(Attempt(8), 0, 0, "loading base");
    }

    private void Complete(int trial, int seconds, double? dice)
    {
        Lease(trial, "cpu:0", 0);
        var metrics = dice is { } value ? Values(("validation_dice", value)) : ImmutableSortedDictionary<string, double>.Empty;
        var result = new TrialResult { Metrics = metrics };
        Record(seconds, new SweepEvent.AttemptEnded(
            Attempt(trial), 3, new AttemptOutcome.Finished(result), TimeSpan.FromSeconds(seconds)));
        Record(seconds, new SweepEvent.TrialEnded(new TrialId(trial), TrialState.Completed, null, null));
    }

    private void Lease(int trial, string device, double seconds)
    {
        Record(seconds, new SweepEvent.TrialLeased(Attempt(trial), "w", device, "here"));
        Record(seconds, new SweepEvent.AttemptStarted(Attempt(trial), 1, 1, 0));
    }

    private static TrialWork.Train Work(int number)
    {
        var entry = number <= 6 ? "lora" : "conv-lora";
        var configuration = new Configuration([new("rank", new ParameterValue.Integer(number is >= 4 and <= 6 ? 8 : 4))]);
        return new TrialWork.Train(0, entry, 0, configuration, number % 3, 1);
    }

    private static MethodEntry Entry(string name) => new() { Name = name, Method = name, Space = new SearchSpace([]) };

    private static AttemptId Attempt(int trial) => new(new TrialId(trial), 1);

    private static ImmutableSortedDictionary<string, double> Values(params (string Name, double Value)[] values) =>
        values.ToImmutableSortedDictionary(value => value.Name, value => value.Value);

    private void Record(double seconds, SweepEvent @event) =>
        _progress.Apply(new RecordedEvent("demo", ++_number, Start.AddSeconds(seconds), @event));

    private string Draw(int width, DateTimeOffset now)
    {
        var written = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(written),
        });
        console.Profile.Width = width;
        console.Write(SweepScreen.Draw(_progress, now, width));
        return written.ToString();
    }
}

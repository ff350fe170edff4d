using System.Collections.Immutable;
using System.Globalization;
using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Trials;
using Orchestrator.Observability;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Xunit;

namespace Orchestrator.Tests.Observability;

public sealed class EventLogTests : ILogEventSink
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly AttemptId First = new(new TrialId(0), 1);
    private readonly List<LogEvent> _written = [];
    private readonly EventLog _log;
    private long _number;

    public EventLogTests() =>
        _log = new EventLog(new LoggerConfiguration().MinimumLevel.Verbose().WriteTo.Sink(this).CreateLogger());

    void ILogEventSink.Emit(LogEvent logEvent) => _written.Add(logEvent);

    [Fact]
    public void An_event_names_sweep_trial_attempt_method_task_device_and_node()
    {
        Begin(maximize: true);

        Record(1, new SweepEvent.AttemptStarted(First, 1, ProcessId: 42, FromStep: 0));

        Assert.Equal("AttemptStarted", Value("Event"));
        Assert.Equal("demo", Value("Sweep"));
        Assert.Equal(0, Value("Trial"));
        Assert.Equal(1, Value("Attempt"));
        Assert.Equal("lora", Value("Method"));
        Assert.Equal("lesions", Value("Task"));
        Assert.Equal("cpu:0", Value("Device"));
        Assert.Equal("here", Value("Node"));
    }

    [Theory]
    [InlineData(true, 0.75)]
    [InlineData(false, -0.75)]
    public void A_score_is_turned_so_that_more_is_better(bool maximize, double score)
    {
        Begin(maximize);

        Record(1, Metric(10, ("validation_dice", 0.75)));

        Assert.Equal(score, Value("Score"));
        Assert.Equal(0.75, Value("ValidationDice"));
        Assert.Equal(10, Value("Step"));
    }

    [Fact]
    public void A_value_that_is_not_finite_is_said_by_Diverged_as_a_log_server_would_turn_it_into_text()
    {
        Begin(maximize: true);

        Record(1, Metric(10, ("train_loss", double.NaN)));

        Assert.Equal(true, Value("Diverged"));
        Assert.False(_written[^1].Properties.ContainsKey("Loss"));
    }

    [Fact]
    public void Training_losses_are_written_once_a_second_and_evaluations_always()
    {
        Begin(maximize: true);
        var before = _written.Count;

        Record(1.0, Metric(1, ("train_loss", 1)));
        Record(1.2, Metric(2, ("train_loss", 1)));
        Record(1.4, Metric(3, ("validation_dice", 1)));
        Record(2.5, Metric(4, ("train_loss", 1)));

        Assert.Equal([1, 3, 4], _written.Skip(before).Select(written => (int)Scalar(written, "Step")!));
    }

    [Fact]
    public void A_lease_says_how_long_the_device_stood_idle_and_the_trial_waited()
    {
        Begin(maximize: true);

        Record(5, new SweepEvent.AttemptEnded(First, 9, new AttemptOutcome.Failed(FailureCause.Lost, "gone", null),
            TimeSpan.FromSeconds(4)));
        Record(5.5, new SweepEvent.TrialLeased(new AttemptId(new TrialId(0), 2), "w1", "cpu:0", "here"));

        Assert.Equal(500.0, Value("IdleMs"));
        Assert.Equal(500.0, Value("WaitMs"));
    }

    [Fact]
    public void A_failed_trial_is_an_error_with_its_cause()
    {
        Begin(maximize: true);

        Record(1, new SweepEvent.TrialEnded(new TrialId(0), TrialState.Failed, FailureCause.Oom, "wanted 24 GB"));

        Assert.Equal(LogEventLevel.Error, _written[^1].Level);
        Assert.Equal("Failed", Value("State"));
        Assert.Equal("Oom", Value("Cause"));
    }

    [Fact]
    public void A_trial_that_goes_over_names_its_donor_and_its_new_values()
    {
        Begin(maximize: true);

        Record(1, new SweepEvent.TrialExploited(
            new TrialId(0), new TrialId(3), new CheckpointRecord(1, 40, "folder", 5, new TrialId(3)),
            new Configuration([new("learning_rate", new ParameterValue.Real(0.5))])));

        var message = _written[^1].RenderMessage(CultureInfo.InvariantCulture).Replace("\"", "", StringComparison.Ordinal);
        Assert.Equal("t0 goes on from t3 at step 40", message);
        Assert.Equal((3, 40, """{"learning_rate":0.5}"""), (Value("Donor"), Value("FromStep"), Value("Values")));
    }

    [Fact]
    public void An_event_carries_the_time_at_which_it_was_recorded()
    {
        Begin(maximize: true);

        Record(7, new SweepEvent.SweepEnded("done"));

        Assert.Equal(Start.AddSeconds(7), _written[^1].Timestamp);
    }

    private void Begin(bool maximize)
    {
        var spec = new SweepSpec
        {
            Name = "demo",
            Tasks =
            [
                new TaskBlock
                {
                    Task = "lesions", Size = "smoke", Base = "sam-tiny", Metric = "dice", Maximize = maximize,
                    Methods = [new MethodEntry { Name = "lora", Method = "lora", Space = new SearchSpace([]) }],
                },
            ],
        };
        Record(0, new SweepEvent.SweepStarted(spec));
        Record(0, new SweepEvent.TrialCreated(
            new TrialId(0), new TrialWork.Train(0, "lora", 0, Configuration.Empty, Replicate: 0, Seed: 1), []));
        Record(0, new SweepEvent.TrialLeased(First, "w1", "cpu:0", "here"));
    }

    private void Record(double seconds, SweepEvent @event) =>
        _log.Write(new RecordedEvent("demo", ++_number, Start.AddSeconds(seconds), @event));

    private static SweepEvent.MetricReported Metric(int step, params (string Name, double Value)[] values) =>
        new(First, step, step, values.ToImmutableSortedDictionary(value => value.Name, value => value.Value));

    private object? Value(string property) => Scalar(_written[^1], property);

    private static object? Scalar(LogEvent written, string property) => ((ScalarValue)written.Properties[property]).Value;
}

using System.Collections.Immutable;
using System.Text.Json;
using Experiments.Reports;
using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Tests.Comparison;
using Experiments.Trials;
using Xunit;

namespace Experiments.Tests.Reports;

public sealed class StatusTests
{
    private static readonly ExampleSweep Sweep = new ExampleSweep()
        .Prepared("base/sam-nano")
        .Entry("lora").Completed([0.87]).Failed(FailureCause.Oom, "Out of memory.", seed: 1)
        .Entry("mole").Unfinished(TrialState.Running, step: 120)
            .Unfinished(TrialState.Waiting, seed: 1).Unfinished(TrialState.Waiting, seed: 2).Unfinished(TrialState.Waiting, seed: 3);

    [Fact]
    public void Says_what_runs_what_failed_and_why_the_rest_waits()
    {
        var status = Status();

        Assert.Equal([new RunningTrial(new TrialId(4), 1, "lesions", "mole", TrialState.Running, 120, "cpu:1", "here")], status.Running);
        Assert.Equal([new FailedTrial(new TrialId(3), 1, "lesions", "lora", FailureCause.Oom, "Out of memory.")], status.Failures);
        Assert.Equal([new WaitingReason("no free device", 2), new WaitingReason("not known", 1)], status.Waiting);
    }

    [Fact]
    public void Json_is_whole_and_carries_its_schema()
    {
        var json = ReportJson.Of(new StatusDocument([Status()]));

        using var document = JsonDocument.Parse(json);
        Assert.Equal("orchestrator/status/1", document.RootElement.GetProperty("schema").GetString());
        Snapshot.Matches(json, "status.json");
    }

    [Fact]
    public void No_sweep_is_an_empty_list()
    {
        using var document = JsonDocument.Parse(ReportJson.Of(new StatusDocument([])));

        Assert.Equal(0, document.RootElement.GetProperty("sweeps").GetArrayLength());
    }

    [Fact]
    public void Says_which_limit_was_reached_and_how_much_is_used()
    {
        var sweep = new ExampleSweep().Entry("lora").Completed([0.87, 0.88], seconds: 1800).Unfinished(TrialState.Paused, seed: 2);
        var spec = sweep.Spec with { Limits = new Limits { Cost = 2, PricePerDeviceHour = 2 } };
        var summary = new SweepSummary("example", default, "paused", ImmutableSortedDictionary<TrialState, int>.Empty, LastEvent: 40)
        {
            PauseReason = "The limit of 2 for the cost is reached.",
            IsAtLimit = true,
        };

        var status = SweepStatus.Of(summary, spec, sweep.Trials, new Dictionary<TrialId, string>());

        Assert.Equal((TimeSpan.FromHours(1), TimeSpan.FromHours(1)), (status.DeviceTime, status.DeviceLimit));
        Assert.Equal(
            [
                "Paused: The limit of 2 for the cost is reached.",
                "Device time of attempts that are over: 1:00:00 of 1:00:00.",
            ],
            StatusTables.Of(new StatusDocument([status])).First().Notes);
    }

    private static SweepStatus Status()
    {
        var summary = new SweepSummary(
            "example", new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.FromHours(2)), "running",
            Sweep.Trials.CountBy(trial => trial.State).ToImmutableSortedDictionary(), LastEvent: 40);
        var reasons = new Dictionary<TrialId, string> { [new TrialId(5)] = "no free device", [new TrialId(6)] = "no free device" };
        return SweepStatus.Of(summary, Sweep.Spec, Sweep.Trials, reasons);
    }
}

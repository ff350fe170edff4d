using System.Text.Json;
using Experiments.Schedulers;
using Experiments.Simulation;
using Experiments.Sweeps;
using Experiments.Tests.Trials;
using Experiments.Trials;
using Xunit;
using static Experiments.Tests.Trials.SweepExample;

namespace Experiments.Tests.Simulation;

public sealed class VirtualSweepTests
{
    private static readonly VirtualCluster _rough = new()
    {
        Devices = 3,
        Latency = TimeSpan.FromMilliseconds(300),
        LossesPerDay = 2_000,
        Detection = TimeSpan.FromSeconds(2),
        Restart = TimeSpan.FromSeconds(5),
        Failures = 0.2,
        LostReports = 0.2,
        Patience = TimeSpan.FromSeconds(1),
        CheckpointEvery = 2,
        ReportEvery = 1,
        Seed = 5,
    };

    [Fact]
    public void Takes_as_long_as_the_busiest_device_worked_out_by_hand()
    {
        // 3, 1, 4, 1 and 5 seconds: the first device has t0 to 3, t3 to 4 and t4 to 9; the second t1 to 1 and t2 to 5.
        var (sweep, _) = Run(Sweep([1, 2, 3, 4, 5], [0]), new Listed(3, 1, 4, 1, 5), new VirtualCluster { Devices = 2 });

        Assert.Equal(TimeSpan.FromSeconds(9), sweep.Now);
        Assert.Equal(TimeSpan.FromSeconds(14), sweep.Busy);
        Assert.Equal(5, sweep.Steps);
    }

    [Fact]
    public void Waits_for_messages_between_trials()
    {
        // Ready and the assignment take a second each, and from a trial's end to the next there is the way of the end and of its
        // answer besides: t0 from 2 to 5, t1 to 3, t2 from 7 to 11, t3 from 9 to 10, t4 from 14 to 19, of which is heard at 20.
        var cluster = new VirtualCluster { Devices = 2, Latency = TimeSpan.FromSeconds(1) };
        var (sweep, _) = Run(Sweep([1, 2, 3, 4, 5], [0]), new Listed(3, 1, 4, 1, 5), cluster);

        Assert.Equal(TimeSpan.FromSeconds(20), sweep.Now);
        Assert.Equal(TimeSpan.FromSeconds(14), sweep.Busy);
    }

    [Fact]
    public void Records_what_a_ledger_driven_by_hand_records()
    {
        var spec = Sweep([1, 2], [0]);
        var (_, recorded) = Run(spec, new Falling(), new VirtualCluster(), Trusting());

        // t0 is the worse: t1 goes on from the rung at 2, and from that at 4 since nothing else would come to an end.
        var worker = new WorkerInfo("0.0", "gpu:0", "virtual");
        var ledger = Ledger(spec, Trusting());
        List<LedgerStep> steps =
        [
            ledger.Start(),
            ledger.Ready(worker),
            ledger.ReportAll(worker, A(0, 1), new Report.Started(1, 0), Measured(0, 2), Saved("t0.1", 2), Rested(2, 2)),
            ledger.Ready(worker),
            ledger.ReportAll(worker, A(1, 1), new Report.Started(1, 0), Measured(1, 2), Saved("t1.1", 2), Rested(2, 2)),
            ledger.Ready(worker),
            ledger.ReportAll(worker, A(1, 2), new Report.Started(1, 2), Measured(1, 4), Saved("t1.2", 4), Rested(4, 2)),
            ledger.Ready(worker),
            ledger.ReportAll(worker, A(1, 3), new Report.Started(1, 4), Measured(1, 6), Finished(1, 2)),
        ];
        Assert.Equal("done", ledger.Ended);
        Assert.Equal(Text(steps.SelectMany(step => step.Events)), Text(recorded));

        static Report Measured(int trial, int step) => new Report.Measured(step, Values(("validation_dice", Falling.At(trial, step))));
        static Report Saved(string attempt, int step) => new Report.Saved(step, $"{attempt}-{step}", 0);
        static Report Rested(int step, int seconds) => new Report.Ended(new AttemptOutcome.Rested(step), TimeSpan.FromSeconds(seconds));
        static Report Finished(int trial, int seconds) => new Report.Ended(
            new AttemptOutcome.Finished(new TrialResult
            {
                Metrics = Values(("validation_dice", Falling.At(trial, 6))),
                Steps = 6,
                Artefact = $"t{trial}",
            }),
            TimeSpan.FromSeconds(seconds));
    }

    [Fact]
    public void Happens_twice_alike_whatever_befalls()
    {
        var spec = Sweep([.. Enumerable.Range(1, 30)], [0, 1]) with { Retries = int.MaxValue };

        var (first, second) = (Run(spec, new Falling(), _rough, Trusting()), Run(spec, new Falling(), _rough, Trusting()));
        var other = Run(spec, new Falling(), _rough with { Seed = 6 }, Trusting());

        Assert.True(first.Sweep.Losses > 5);
        Assert.Equal(Text(first.Recorded), Text(second.Recorded));
        Assert.Equal(first.Sweep.Now, second.Sweep.Now);
        Assert.NotEqual(Text(first.Recorded), Text(other.Recorded));
    }

    [Fact]
    public void Ends_as_it_would_without_losses()
    {
        var spec = Sweep([.. Enumerable.Range(1, 30)], [0, 1]) with { Retries = int.MaxValue };
        var calm = new VirtualCluster { Devices = 3, Failures = _rough.Failures, Seed = _rough.Seed };

        var (rough, undisturbed) = (Run(spec, new Falling(), _rough), Run(spec, new Falling(), calm));

        Assert.True(rough.Sweep.Losses > 5 && rough.Sweep.Now > undisturbed.Sweep.Now);
        Assert.Contains(undisturbed.Recorded, recorded => recorded is SweepEvent.TrialEnded { State: TrialState.Failed });
        Assert.Equal(Ends(undisturbed.Recorded), Ends(rough.Recorded));
    }

    [Fact]
    public void Trains_again_what_was_not_saved()
    {
        var spec = Sweep([.. Enumerable.Range(1, 30)], [0]) with { Retries = int.MaxValue };

        var (sweep, _) = Run(spec, new Falling(), _rough with { Failures = 0, LostReports = 0 });

        Assert.True(sweep.UndoneSteps > 0);
        Assert.Equal(30 * 6, sweep.Steps - sweep.UndoneSteps);
    }

    private static (VirtualSweep Sweep, List<SweepEvent> Recorded) Run(
        SweepSpec spec, ITrialModel model, VirtualCluster cluster, ITrialScheduler? scheduler = null)
    {
        var ledger = Ledger(spec, scheduler ?? new FifoScheduler());
        var start = ledger.Start();
        List<SweepEvent> recorded = [.. start.Events];
        var sweep = new VirtualSweep(start, Handle, model, cluster);
        sweep.Run();
        return (sweep, recorded);

        LedgerStep Handle(LedgerInput input)
        {
            var step = ledger.Handle(input);
            recorded.AddRange(step.Events);
            return step;
        }
    }

    private static Asha Trusting() => new(new Asha.Options { Probes = 0, MinSteps = 2, ReductionFactor = 2 });

    private static IEnumerable<string> Text(IEnumerable<SweepEvent> events) => events.Select(each => JsonSerializer.Serialize(each));

    private static IEnumerable<string> Ends(IEnumerable<SweepEvent> recorded) => recorded
        .Select(each => each switch
        {
            SweepEvent.TrialEnded ended => $"{ended.Trial} {ended.State}",
            SweepEvent.AttemptEnded { Outcome: AttemptOutcome.Finished finished } ended =>
                $"{ended.Attempt.Trial} {finished.Result.Metrics["validation_dice"]}",
            _ => "",
        })
        .Where(line => line.Length > 0)
        .Order(StringComparer.Ordinal);

    /// <summary>A step a trial, of so many seconds by its number.</summary>
    private sealed class Listed(params int[] seconds) : ITrialModel
    {
        public int Steps(TrialWork work) => 1;

        public TimeSpan StepTime(TrialWork work) => TimeSpan.FromSeconds(seconds[((TrialWork.Train)work).Index]);

        public double Value(TrialId trial, TrialWork.Train work, int step) => 0;
    }

    /// <summary>Six steps of a second; the later a trial was drawn, the better it is.</summary>
    private sealed class Falling : ITrialModel
    {
        public static double At(int trial, int step) => trial + step / 10.0;

        public int Steps(TrialWork work) => SimulatedWorker.Steps;

        public TimeSpan StepTime(TrialWork work) => TimeSpan.FromSeconds(1);

        public double Value(TrialId trial, TrialWork.Train work, int step) => At(trial.Number, step);
    }
}

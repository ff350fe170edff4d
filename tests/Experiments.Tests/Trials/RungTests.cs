using CsCheck;
using Experiments.Samplers;
using Experiments.Schedulers;
using Experiments.Sweeps;
using Experiments.Trials;
using Xunit;
using static Experiments.Tests.Trials.SweepExample;

namespace Experiments.Tests.Trials;

/// <summary>Trials that are measured midway, rest, and are promoted or pruned.</summary>
public sealed class RungTests
{
    private static readonly SweepSpec FourRanks = Sweep(ranks: [1, 2, 3, 4], seeds: [0]);

    private static readonly SweepSpec Composed = Sweep(
        [
            Block("composition",
                Entry("mole", [1, 2], experts: "expert"), Entry("expert", [1, 2]), Entry("full", [1, 2, 3, 4, 13]), Entry("base", [1])),
        ],
        seeds: [0, 1]) with { Retries = int.MaxValue };

    public static TheoryData<string> Schedulers => [.. SchedulerCatalogue.All.Select(part => part.Id)];

    [Fact]
    public void Is_told_where_it_is_measured_and_rests_and_frees_its_device_there()
    {
        var ledger = Ledger(FourRanks, new BestOfTwo());
        ledger.Start();
        var assigned = Assert.Single(ledger.Ready(Anna).Did<LedgerEffect.Assign>()).Assignment;

        var rested = ledger.ReportAll(Anna, A(0, 1), Rest(2, 0.5));
        var next = ledger.Ready(Anna);

        Assert.Equal([2], assigned.MeasureAt);
        Assert.Equal(2, assigned.RestAt);
        Assert.Equal(TrialState.Resting, ledger.StateOf(0));
        Assert.Equal(new AttemptOutcome.Rested(2), Assert.Single(rested.Said<SweepEvent.AttemptEnded>()).Outcome);
        Assert.Equal(new WaitReason.Resting(2), ledger.Find(T(0))!.Waits);
        Assert.Equal(A(1, 1), Assert.Single(next.Did<LedgerEffect.Assign>()).Assignment.Attempt);
    }

    [Fact]
    public void Goes_on_from_its_rung_when_promoted_before_anything_new_begins()
    {
        var ledger = Ledger(FourRanks, new BestOfTwo());
        ledger.Start();
        ledger.Ready(Anna);
        ledger.ReportAll(Anna, A(0, 1), Rest(2, 0.9));
        ledger.Ready(Anna);
        ledger.ReportAll(Anna, A(1, 1), Rest(2, 0.1));

        var step = ledger.Ready(Anna);

        Assert.Equal(T(0), Assert.Single(step.Said<SweepEvent.TrialPromoted>()).Trial); // dice: more is better
        var assigned = Assert.Single(step.Did<LedgerEffect.Assign>()).Assignment;
        Assert.Equal((A(0, 2), 2), (assigned.Attempt, assigned.ResumeFrom!.Step));
        Assert.Equal((0, null), (assigned.MeasureAt.Count, assigned.RestAt)); // measured at 2 already
    }

    [Fact]
    public void Is_at_its_second_rung_after_a_restart_whatever_a_later_attempt_says_of_earlier_ones()
    {
        var options = new Asha.Options { Probes = 0, MinSteps = 1, ReductionFactor = 2 }; // rungs at 1, 2 and 4 of 6 steps
        var first = Ledger(FourRanks, new Asha(options));
        List<SweepEvent> recorded = [.. first.Start().Events];
        foreach (var (trial, step) in new[] { (0, 1), (1, 1), (0, 2), (2, 1), (3, 1), (1, 2) })
        {
            recorded.AddRange(first.Ready(Anna).Events);
            recorded.AddRange(first.ReportAll(
                Anna, A(trial, step), new Report.Started(1, step - 1), Measured(step, 0.9 - trial / 10.0),
                new Report.Saved(step, $"t{trial}/{step}", 5), new Report.Ended(new AttemptOutcome.Rested(step), default)).Events);
        }

        var ledger = Ledger(FourRanks, new Asha(options));
        recorded.ForEach(ledger.Replay);
        ledger.Start();
        var assigned = Assert.Single(ledger.Ready(Anna).Did<LedgerEffect.Assign>()).Assignment;
        var again = ledger.ReportAll(Anna, A(0, 3), new Report.Started(1, 0), Measured(1, 0.1), Measured(2, 0.1), Measured(4, 0.1));

        // Of two at the second rung 0 is the better one, and it stays so.
        Assert.Equal((A(0, 3), 2, 4), (assigned.Attempt, assigned.ResumeFrom!.Step, assigned.RestAt));
        Assert.Equal([4], assigned.MeasureAt);
        Assert.Equal([0, 0, 1], again.Said<SweepEvent.MetricReported>().Select(metric => metric.Values.Count));
        Assert.Equal(RejectionReason.Nondeterminism, Assert.Single(again.Said<SweepEvent.ReportRejected>()).Reason);
    }

    [Fact]
    public void Tasks_compete_each_for_itself_and_in_its_own_direction()
    {
        var (a, b) = (Block("a", Entry("lora", [1, 2, 3])), Block("b", Entry("lora", [1, 2, 3])) with { Maximize = false });
        var spec = Sweep([a, b], seeds: [0]);
        var ledger = Ledger(spec, new Asha(new Asha.Options { Probes = 0, MinSteps = 2 }));
        ledger.Start();
        var begun = new List<AttemptId>();

        while (ledger.Ready(Anna).Did<LedgerEffect.Assign>() is [{ Assignment: { Attempt: var attempt, RestAt: var rung } }])
        {
            begun.Add(attempt);
            var dice = 0.5 + attempt.Trial.Number / 10.0;
            if (rung is null)
                ledger.ReportAll(Anna, attempt, new Report.Started(1, 2), Finished(dice));
            else
                ledger.ReportAll(Anna, attempt, Rest(2, dice));
        }

        // Of a, where more is better, the last goes on; of b the first.
        Assert.Equal([A(0, 1), A(1, 1), A(2, 1), A(2, 2), A(3, 1), A(4, 1), A(5, 1), A(3, 2)], begun);
    }

    [Theory]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(double.NaN)]
    public void What_is_not_finite_is_the_worst_also_where_more_is_better(double dice)
    {
        var ledger = Ledger(FourRanks, new Asha(new Asha.Options { Probes = 0, MinSteps = 2 }));
        ledger.Start();
        foreach (var (trial, value) in ((double[])[dice, 0.1, 0.2]).Index())
        {
            ledger.Ready(Anna);
            ledger.ReportAll(
                Anna, A(trial, 1), new Report.Started(1, 0), Measured(2, value), new Report.Saved(2, $"t{trial}/2", 5),
                new Report.Ended(new AttemptOutcome.Rested(2), default));
        }

        Assert.Equal(T(2), Assert.Single(ledger.Ready(Anna).Said<SweepEvent.TrialPromoted>()).Trial);
    }

    [Fact]
    public void Ends_as_pruned_when_only_resting_trials_are_left_and_its_checkpoint_goes()
    {
        var ledger = Ledger(Sweep(ranks: [1, 2], seeds: [0]), new BestOfTwo());
        ledger.Start();
        ledger.Ready(Anna);
        ledger.ReportAll(Anna, A(0, 1), Rest(2, 0.9));
        ledger.Ready(Anna);
        ledger.ReportAll(Anna, A(1, 1), Rest(2, 0.1));
        ledger.Ready(Anna);

        var end = ledger.ReportAll(Anna, A(0, 2), new Report.Started(1, 2), Finished(0.95));

        Assert.Equal((TrialState.Completed, TrialState.Pruned), (ledger.StateOf(0), ledger.StateOf(1)));
        Assert.Equal("done", ledger.Ended);
        Assert.Contains("t1/2", end.Did<LedgerEffect.DeleteCheckpoints>().SelectMany(effect => effect.Folders));
    }

    [Fact]
    public void Is_taken_from_its_worker_at_once_when_pruned_while_it_runs()
    {
        var ledger = Ledger(FourRanks, new Impatient());
        ledger.Start();
        ledger.Ready(Anna);

        var step = ledger.ReportAll(Anna, A(0, 1), new Report.Started(1, 0), Measured(3, 0.4));

        Assert.Equal(TrialState.Pruned, ledger.StateOf(0));
        Assert.Equal(new LedgerEffect.Stop("anna", A(0, 1), Save: false), Assert.Single(step.Did<LedgerEffect.Stop>()));
        Assert.Equal(A(1, 1), Assert.Single(ledger.Ready(Anna).Did<LedgerEffect.Assign>()).Assignment.Attempt);
        Assert.Single(ledger.Report(Anna, A(0, 1), 3, Measured(4, 0.4)).Did<LedgerEffect.Fence>());
    }

    [Fact]
    public void Is_pruned_at_the_start_when_the_coordinator_died_before_it_could_say_so()
    {
        var first = Ledger(FourRanks, new Impatient());
        var recorded = first.Start().Events.Concat(first.Ready(Anna).Events)
            .Concat(first.Report(Anna, A(0, 1), 1, new Report.Started(1, 0)).Events)
            .Append(first.Report(Anna, A(0, 1), 2, Measured(3, 0.4)).Events[0]).ToList();
        var ledger = Ledger(FourRanks, new Impatient());
        recorded.ForEach(ledger.Replay);

        ledger.Start();

        Assert.Equal(TrialState.Pruned, ledger.StateOf(0));
    }

    [Fact]
    public void Fails_when_it_rests_without_a_checkpoint_of_that_step()
    {
        var ledger = Ledger(FourRanks, new BestOfTwo());
        ledger.Start();
        ledger.Ready(Anna);

        ledger.ReportAll(
            Anna, A(0, 1), new Report.Started(1, 0), Measured(2, 0.4), new Report.Ended(new AttemptOutcome.Rested(2), default));

        Assert.Equal(TrialState.Failed, ledger.StateOf(0));
    }

    [Fact]
    public void What_others_need_and_what_trains_nothing_is_not_scheduled()
    {
        var ledger = Ledger(Composed, new BestOfTwo());
        ledger.Start();

        var scheduled = ledger.State.Trials.Where(trial => ledger.State.IsScheduled(trial.Id))
            .Select(trial => ((TrialWork.Train)trial.Work).Entry).Distinct();

        Assert.Equal(["full", "mole"], scheduled.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_sampler_sees_what_was_measured_midway_and_how_far_it_had_come()
    {
        var sampler = new LearningSampler(ideas: 2);
        var ledger = Ledger(
            Sweep([Block("lesions", Endless("lora"))], seeds: [0]) with { Trials = 2 }, new BestOfTwo(), sampler);
        ledger.Start();
        ledger.Ready(Anna);

        ledger.ReportAll(Anna, A(0, 1), Rest(2, 0.9));
        ledger.Ready(Anna);

        var seen = Assert.Single(sampler.Seen[1]);
        Assert.Equal((-0.9, 2.0 / SimulatedWorker.Steps, false), (seen.Value, seen.Progress, seen.Failed));
    }

    [Fact]
    public void A_sampler_sees_what_was_measured_on_the_way_to_the_newest_value()
    {
        var sampler = new LearningSampler(ideas: 3);
        var ledger = Ledger(
            Sweep([Block("lesions", Endless("lora"))], seeds: [0]) with { Trials = 3 }, new BestOfTwo(), sampler);
        ledger.Start();
        ledger.Ready(Anna);
        ledger.ReportAll(Anna, A(0, 1), Rest(2, 0.9));
        ledger.Ready(Anna);
        ledger.ReportAll(Anna, A(1, 1), Rest(2, 0.1));
        ledger.Ready(Anna);

        ledger.ReportAll(Anna, A(0, 2), new Report.Started(1, 2), Finished(0.95));
        ledger.Ready(Anna);

        Assert.Equal([-0.95, -0.1], sampler.Seen[2].Select(seen => seen.Value));
        Assert.Equal([new Measurement(2.0 / SimulatedWorker.Steps, -0.9)], sampler.Seen[2][0].Earlier);
        Assert.Empty(sampler.Seen[2][1].Earlier);
    }

    [Fact]
    public void A_sampler_sees_the_mean_over_the_last_third_of_what_a_trial_reported()
    {
        var sampler = new LearningSampler(ideas: 2);
        var ledger = Ledger(
            Sweep([Block("lesions", Endless("lora"))], seeds: [0]) with { Trials = 2 }, new FifoScheduler(), sampler);
        ledger.Start();
        ledger.Ready(Anna);

        // of 6 steps: after 3 those past 2, after 4 those past 2 2/3, after 5 those past 3 1/3, after 6 those past 4
        ledger.ReportAll(Anna, A(0, 1), new Report.Started(1, 0), Measured(3, 0.3), Measured(4, 0.5), Measured(5, 0.6), Finished(0.8));
        ledger.Ready(Anna);

        var seen = Assert.Single(sampler.Seen[1]);
        Assert.Equal(-(0.6 + 0.8) / 2, seen.Value!.Value, 12);
        Assert.Equal([-0.3, -(0.3 + 0.5) / 2, -(0.5 + 0.6) / 2], seen.Earlier.Select(measured => Math.Round(measured.Value, 12)));
    }

    [Fact]
    public void With_several_objectives_a_sampler_sees_the_last_report()
    {
        var sampler = new LearningSampler(ideas: 2);
        var block = Block("lesions", Endless("lora")) with { Objectives = [new Objective("duration", Maximize: false)] };
        var ledger = Ledger(Sweep([block], seeds: [0]) with { Trials = 2 }, new FifoScheduler(), sampler);
        ledger.Start();
        ledger.Ready(Anna);

        ledger.ReportAll(Anna, A(0, 1), new Report.Started(1, 0), Measured(5, 0.6), Finished(0.8));
        ledger.Ready(Anna);

        Assert.Equal(-0.8, Assert.Single(sampler.Seen[1]).Value);
    }

    [Theory]
    [MemberData(nameof(Schedulers))]
    public void Every_scheduler_ends_every_trial_once_whatever_dies_in_whatever_order(string id)
    {
        FaultScheduleTests.Schedules.Sample(
            schedule =>
            {
                var sweep = new SimulatedSweep(
                    Composed, workers: 3, scheduler: () => SchedulerCatalogue.Create(new SchedulerSpec { Type = id }));
                foreach (var what in schedule)
                {
                    sweep.Happen(what);
                    if (what % 64 == 12)
                        Assert.Equal(LedgerPicture.Of(sweep.Ledger), LedgerPicture.Of(sweep.Replayed()));
                }

                sweep.RunToTheEnd();
                AssertWhole(sweep);
            },
            iter: 100, print: schedule => string.Join(", ", schedule));
    }

    private static void AssertWhole(SimulatedSweep sweep)
    {
        var events = sweep.Recorded;
        Assert.Empty(sweep.Ledger.Leases);
        Assert.Equal(
            sweep.Ledger.Trials.Select(trial => trial.Trial), events.OfType<SweepEvent.TrialEnded>().Select(ended => ended.Trial).Order());
        var measured = events.OfType<SweepEvent.MetricReported>()
            .SelectMany(metric => metric.Values.Keys.Select(name => (metric.Attempt.Trial, metric.Step, name))).ToList();
        Assert.Equal(measured.Count, measured.Distinct().Count());
        Assert.All(
            events.OfType<SweepEvent.TrialPromoted>().GroupBy(promoted => promoted.Trial),
            promotions => Assert.True(
                promotions.Count() <= events.Count(recorded => recorded switch
                {
                    SweepEvent.TrialCreated created => created.Held && created.Trial == promotions.Key,
                    SweepEvent.AttemptEnded ended => ended.Attempt.Trial == promotions.Key && ended.Outcome is AttemptOutcome.Rested,
                    _ => false,
                })));
        Assert.DoesNotContain(events.OfType<SweepEvent.ReportRejected>(), rejected => rejected.Reason != RejectionReason.Fenced);
    }

    private static Report.Measured Measured(int step, double dice) => new(step, Values(("validation_dice", dice)));

    private static Report[] Rest(int step, double dice) =>
    [
        new Report.Started(1, 0), Measured(step, dice), new Report.Saved(step, $"t{(dice < 0.5 ? 1 : 0)}/{step}", 5),
        new Report.Ended(new AttemptOutcome.Rested(step), TimeSpan.FromSeconds(1)),
    ];

    /// <summary>Trials rest at step 2, and of each two that came there the better goes on.</summary>
    private sealed class BestOfTwo : ITrialScheduler
    {
        private readonly List<(double Value, TrialId Trial)> _rung = [];
        private readonly HashSet<TrialId> _resting = [];
        private readonly HashSet<TrialId> _promoted = [];

        public IReadOnlyList<int> RungsOf(TrialId trial) => [2];

        public int? RestsAt(TrialId trial) => _promoted.Contains(trial) ? null : 2;

        public void Measured(TrialId trial, int step, double value) => _rung.Add((value, trial));

        public void Rested(TrialId trial, int step) => _resting.Add(trial);

        public TrialId? Promotion(bool last) => _rung.Order().Take(_rung.Count / 2)
            .Where(each => _resting.Contains(each.Trial)).Select(each => (TrialId?)each.Trial).FirstOrDefault();

        public void Promoted(TrialId trial)
        {
            _resting.Remove(trial);
            _promoted.Add(trial);
        }

        public void Ended(TrialId trial, TrialState state) => _resting.Remove(trial);
    }

    /// <summary>Ends whatever is below 0.5 at step 3.</summary>
    private sealed class Impatient : ITrialScheduler
    {
        private readonly HashSet<TrialId> _bad = [];

        public IReadOnlyList<int> RungsOf(TrialId trial) => [3];

        public void Measured(TrialId trial, int step, double value)
        {
            if (value > -0.5)
                _bad.Add(trial);
        }

        public bool IsPruned(TrialId trial) => _bad.Contains(trial);
    }
}

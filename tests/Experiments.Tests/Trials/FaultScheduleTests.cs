using CsCheck;
using Experiments.Samplers;
using Experiments.Sweeps;
using Experiments.Trials;
using Xunit;
using static Experiments.Tests.Trials.SweepExample;

namespace Experiments.Tests.Trials;

/// <summary>Whatever happens on the way, a sweep comes to the same end.</summary>
public sealed class FaultScheduleTests
{
    private static readonly SweepSpec Spec = Sweep(
        [Block("composition", Entry("mole", [1], experts: "expert"), Entry("expert", [1, 2]), Entry("full", [1, 13]))], seeds: [0, 1])
        with { Retries = int.MaxValue };

    internal static readonly Gen<int[]> Schedules = Gen.Int[0, 16 * 3 * 64].Array[0, 300];

    [Fact]
    public void Ends_alike_whatever_dies_in_whatever_order()
    {
        var undisturbed = new SimulatedSweep(Spec, workers: 3);
        undisturbed.RunToTheEnd();
        var expected = Outcome(undisturbed.Recorded);

        Schedules.Sample(
            schedule =>
            {
                var sweep = new SimulatedSweep(Spec, workers: 3);
                foreach (var what in schedule)
                    sweep.Happen(what);
                sweep.RunToTheEnd();

                Assert.Equal(expected, Outcome(sweep.Recorded));
                Assert.Empty(sweep.Ledger.Leases);
            },
            iter: 500, print: schedule => string.Join(", ", schedule));
    }

    [Fact]
    public void Knows_after_a_replay_what_it_knew_before()
    {
        Schedules.Sample(
            schedule =>
            {
                var sweep = new SimulatedSweep(Spec, workers: 3);
                foreach (var what in schedule)
                {
                    sweep.Happen(what);
                    if (what % 16 > 8)
                        Assert.Equal(LedgerPicture.Of(sweep.Ledger), LedgerPicture.Of(sweep.Replayed()));
                }
            },
            iter: 150, print: schedule => string.Join(", ", schedule));
    }

    [Fact]
    public void Ends_with_a_sampler_that_learns_too()
    {
        var spec = Sweep([Block("composition", Endless("lora"), Endless("full"))], seeds: [0, 1])
            with { Trials = 12, Retries = int.MaxValue };

        Schedules.Sample(
            schedule =>
            {
                var sweep = new SimulatedSweep(spec, workers: 3, () => new RankedLearner());
                foreach (var what in schedule)
                    sweep.Happen(what);
                sweep.RunToTheEnd();

                Assert.Equal(14, sweep.Ledger.Trials.Count(trial => trial.State == TrialState.Completed));
            },
            iter: 150, print: schedule => string.Join(", ", schedule));
    }

    /// <summary>The undisturbed end itself: everything completed but what diverges, and what that dooms.</summary>
    [Fact]
    public void Ends_as_its_trials_deserve_when_nothing_happens()
    {
        var sweep = new SimulatedSweep(Spec, workers: 3);

        sweep.RunToTheEnd();

        Assert.Equal([(TrialState.Completed, 10), (TrialState.Failed, 2)], sweep.Ledger.Counts.Select(pair => (pair.Key, pair.Value)));
    }

    /// <summary>What must not depend on the schedule: how each trial ended, and each value once.</summary>
    private static IEnumerable<string> Outcome(IReadOnlyList<SweepEvent> recorded)
    {
        Assert.DoesNotContain(recorded.OfType<SweepEvent.ReportRejected>(), rejected => rejected.Reason != RejectionReason.Fenced);
        var values =
            from metric in recorded.OfType<SweepEvent.MetricReported>()
            from value in metric.Values
            select (metric.Attempt.Trial, metric.Step, value.Key, value.Value);
        var results =
            from ended in recorded.OfType<SweepEvent.AttemptEnded>()
            where ended.Outcome is AttemptOutcome.Finished
            select $"{ended.Attempt.Trial} result {((AttemptOutcome.Finished)ended.Outcome).Result.Metrics["validation_dice"]}";
        return
        [
            .. recorded.OfType<SweepEvent.TrialEnded>().OrderBy(ended => ended.Trial).Select(ended => ended.ToString()),
            .. results.Order(StringComparer.Ordinal),
            .. values.Order().Select(value => value.ToString()),
        ];
    }

    private sealed class RankedLearner : ISampler
    {
        public bool UsesHistory => true;

        public Configuration? Suggest(SearchSpace space, IReadOnlyList<Observation> history, int index, ulong seed) =>
            ListedSampler.Value("rank", new ParameterValue.Integer(history.Count(each => each.Value is not null) % 5));

        public long? Count(SearchSpace space) => null;
    }
}

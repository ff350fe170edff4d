using Experiments.Schedulers;
using Experiments.Sweeps;
using Experiments.Trials;
using Xunit;
using static Experiments.Tests.Trials.SweepExample;

namespace Experiments.Tests.Trials;

/// <summary>Trials that do not begin before they are promoted: the later seeds of a configuration.</summary>
public sealed class HeldTrialTests
{
    private static readonly SweepSpec ThreeRanks = Sweep(ranks: [1, 2, 3], seeds: [0, 1, 2]);

    [Fact]
    public void Waits_for_its_promotion_and_begins_before_anything_new()
    {
        var ledger = Ledger(ThreeRanks, Successive(factor: 2));

        var created = ledger.Start().Said<SweepEvent.TrialCreated>();
        var begun = new[] { Train(ledger, dice: 0.5), Train(ledger, dice: 0.9) };
        var promoted = ledger.Ready(Anna);

        Assert.Equal([1, 2, 4, 5, 7, 8], created.Where(each => each.Held).Select(each => each.Trial.Number));
        Assert.Equal([0, 3], begun);
        Assert.Equal((TrialState.Waiting, new WaitReason.Unpromoted()), (ledger.StateOf(1), ledger.Find(T(1))!.Waits));
        Assert.Equal(T(4), Assert.Single(promoted.Said<SweepEvent.TrialPromoted>()).Trial); // dice: more is better
        Assert.Equal(A(4, 1), Assert.Single(promoted.Did<LedgerEffect.Assign>()).Assignment.Attempt);
    }

    [Fact]
    public void Ends_as_pruned_with_the_reason_when_its_turn_never_came()
    {
        var ledger = Ledger(ThreeRanks, Successive());
        ledger.Start();

        int[] begun = [Train(ledger, 0.5), Train(ledger, 0.9), Train(ledger, 0.7), Train(ledger, 0.8), Train(ledger, 0.8)];

        Assert.Equal([0, 3, 6, 4, 5], begun);
        Assert.Equal("done", ledger.Ended);
        Assert.Equal(4, ledger.Counts[TrialState.Pruned]);
        Assert.Equal(0, ledger.Find(T(1))!.Attempt);
    }

    [Fact]
    public void Is_pruned_at_once_when_another_seed_of_its_configuration_failed()
    {
        var ledger = Ledger(ThreeRanks, Successive());
        ledger.Start();
        ledger.Ready(Anna);

        var failed = ledger.ReportAll(Anna, A(0, 1), new Report.Started(1, 0), Failed(FailureCause.Oom));

        Assert.Equal(
            [
                new SweepEvent.TrialEnded(T(1), TrialState.Pruned, null, "t0, another seed of its configuration, failed."),
                new SweepEvent.TrialEnded(T(2), TrialState.Pruned, null, "t0, another seed of its configuration, failed."),
            ],
            failed.Said<SweepEvent.TrialEnded>().Skip(1));
    }

    [Fact]
    public void Is_promoted_after_a_restart_as_it_would_have_been()
    {
        var first = Ledger(ThreeRanks, Successive());
        List<SweepEvent> recorded = [.. first.Start().Events];
        foreach (var dice in new[] { 0.5, 0.9, 0.7 })
            Train(first, dice, recorded);
        var ledger = Ledger(ThreeRanks, Successive());
        recorded.ForEach(ledger.Replay);
        ledger.Start();

        Assert.Equal(LedgerPicture.Of(first), LedgerPicture.Of(ledger));
        Assert.Equal(4, Train(ledger, 0.8));
    }

    [Fact]
    public void A_lazily_drawn_configuration_is_drawn_when_no_seed_can_be_promoted()
    {
        var spec = Sweep([Block("lesions", Endless("lora"))], seeds: [0, 1]) with { Trials = 6 };
        var sampler = new LearningSampler(ideas: 3);
        var ledger = Ledger(spec, Successive(factor: 2), sampler);
        ledger.Start();

        int[] begun = [Train(ledger, 0.5), Train(ledger, 0.9), Train(ledger, 0.6), Train(ledger, 0.1)];

        Assert.Equal([0, 2, 3, 4], begun);
        Assert.Equal([0, 1, 2], sampler.Seen.Select(history => history.Count(each => each.Value is not null)));
        Assert.Equal("done", ledger.Ended);
    }

    [Fact]
    public void Still_waits_for_the_trials_that_it_needs_once_promoted()
    {
        var spec = Sweep([Block("lesions", Entry("mole", [1], experts: "expert"), Entry("expert", [1]))], seeds: [0, 1]);
        var ledger = Ledger(spec, Successive(factor: 1));
        ledger.Start();
        ledger.Ready(Anna);
        ledger.Ready(Ben);
        ledger.ReportAll(Anna, A(0, 1), new Report.Started(1, 0), Finished(artefact: "e0"));
        Assert.Equal(2, Train(ledger, 0.5));

        var promoted = ledger.Ready(Anna);
        var needed = ledger.ReportAll(Ben, A(1, 1), new Report.Started(1, 0), Finished(artefact: "e1"));

        Assert.Equal(T(3), Assert.Single(promoted.Said<SweepEvent.TrialPromoted>()).Trial);
        Assert.Empty(promoted.Did<LedgerEffect.Assign>());
        Assert.Equal(["e1"], Assert.Single(needed.Did<LedgerEffect.Assign>()).Assignment.Experts);
    }

    [Fact]
    public void The_best_configuration_alone_gets_a_seed_that_is_added_later()
    {
        var ledger = Ledger(ThreeRanks, Successive());
        ledger.Start();
        foreach (var dice in new[] { 0.5, 0.9, 0.7, 0.8, 0.8 })
            Train(ledger, dice);

        ledger.Extend(ThreeRanks with { Seeds = [0, 1, 2, 3] });

        Assert.Equal(10, Train(ledger, 0.8)); // 9, 10 and 11 are the new seeds
        Assert.Equal("done", ledger.Ended);
    }

    [Theory]
    [InlineData(CommandSpec.Name)]
    [InlineData(ExternalSpec.Name)]
    public void A_program_gets_seeds_one_by_one_though_nobody_knows_how_many_steps_it_makes(string workload)
    {
        var entry = Entry("tune", [1, 2, 3]) with { Method = workload };
        var block = Block(workload, entry) with
        {
            Command = workload == CommandSpec.Name ? new CommandSpec { Directory = "" } : null,
            External = workload == ExternalSpec.Name ? new ExternalSpec() : null,
        };
        var ledger = Ledger(Sweep([block], seeds: [0, 1]), Successive());
        ledger.Start();
        var begun = new List<int>();
        var worker = Anna with { Device = block.External is null ? "cpu:0" : ExternalSpec.Name };

        while (ledger.Ready(worker).Did<LedgerEffect.Assign>() is [{ Assignment: var assignment }])
        {
            begun.Add(assignment.Attempt.Trial.Number);
            var dice = assignment.Attempt.Trial.Number / 2 == 1 ? 0.9 : 0.1;
            ledger.ReportAll(worker, assignment.Attempt, new Report.Started(1, 0), Finished(dice));
        }

        // Of three configurations, trials 0 and 1, 2 and 3, 4 and 5, the second is the best: it alone gets its second seed.
        Assert.Equal([0, 2, 4, 3], begun);
        Assert.Equal("done", ledger.Ended);
        Assert.Equal([TrialState.Pruned, TrialState.Pruned], [ledger.StateOf(1), ledger.StateOf(5)]);
    }

    [Fact]
    public void What_the_scheduler_does_not_decide_about_runs_with_all_seeds()
    {
        var ledger = Ledger(Sweep([Block("lesions", Entry("base", [1]), Entry("lora", [1, 2]))], seeds: [0, 1]), Successive());

        var created = ledger.Start().Said<SweepEvent.TrialCreated>();

        Assert.Equal([3, 5], created.Where(each => each.Held).Select(each => each.Trial.Number)); // 0 and 1 are those of base
    }

    private static SuccessiveSeeds Successive(int factor = 3) => new(new SuccessiveSeeds.Options { ReductionFactor = factor });

    /// <summary>Anna works off the next trial. Says which it was.</summary>
    private static int Train(SweepLedger ledger, double dice, List<SweepEvent>? recorded = null)
    {
        var given = ledger.Ready(Anna);
        var attempt = given.Did<LedgerEffect.Assign>().Single().Assignment.Attempt;
        var trained = ledger.ReportAll(Anna, attempt, new Report.Started(1, 0), Finished(dice));
        recorded?.AddRange([.. given.Events, .. trained.Events]);
        return attempt.Trial.Number;
    }
}

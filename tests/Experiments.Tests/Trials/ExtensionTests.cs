using Experiments.Sweeps;
using Experiments.Trials;
using Xunit;
using static Experiments.Tests.Trials.SweepExample;

namespace Experiments.Tests.Trials;

public sealed class ExtensionTests
{
    private static readonly SweepSpec Spec = Sweep([Block("a", Endless("lora"))], seeds: [0, 1]) with { Trials = 4 };

    [Fact]
    public void The_same_specification_goes_on_without_a_word()
    {
        var continued = Continue(Spec, Ledger(Spec).Start().Events);

        Assert.Empty(continued.Start().Events);
    }

    [Fact]
    public void More_trials_bring_more_configurations()
    {
        var continued = Continue(Spec with { Trials = 6 }, Ledger(Spec).Start().Events);

        var events = continued.Start().Events;

        Assert.Equal(new SweepEvent.SpecExtended(Spec with { Trials = 6 }), events[0]);
        Assert.Equal([(4, 2, 0), (5, 2, 1)], Created(events));
    }

    [Fact]
    public void More_seeds_bring_replicates_of_the_configurations_that_are_there()
    {
        var wanted = Spec with { Seeds = [0, 1, 2], Trials = 9 };
        var continued = Continue(wanted, Ledger(Spec).Start().Events);

        var events = continued.Start().Events;

        Assert.Equal([(4, 0, 2), (5, 1, 2), (6, 2, 0), (7, 2, 1), (8, 2, 2)], Created(events));
    }

    [Fact]
    public void A_sweep_that_has_ended_goes_on_when_it_is_extended()
    {
        var ledger = Ledger(Spec);
        ledger.Start();
        ledger.Handle(new LedgerInput.Cancel(null));

        var step = ledger.Extend(Spec with { Trials = 6 });

        Assert.Null(ledger.Ended);
        Assert.Equal(2, step.Said<SweepEvent.TrialCreated>().Length);
        Assert.Single(ledger.Ready(Anna).Did<LedgerEffect.Assign>());
    }

    [Fact]
    public void A_sweep_that_has_ended_says_so_again_when_it_is_continued()
    {
        var ledger = Ledger(Spec);
        var events = ledger.Start().Events.Concat(ledger.Handle(new LedgerInput.Cancel(null)).Events);

        var step = Continue(Spec, events).Start();

        Assert.Empty(step.Events);
        Assert.Equal([new LedgerEffect.EndSweep("cancelled")], step.Effects);
    }

    [Fact]
    public void A_start_that_was_recorded_in_part_is_completed()
    {
        var whole = Ledger(Spec).Start().Events;

        for (var recorded = 0; recorded <= whole.Count; recorded++)
            Assert.Equal(whole.Skip(recorded), Continue(Spec, whole.Take(recorded)).Start().Events);
    }

    [Fact]
    public void Another_question_under_the_same_name_is_refused_with_every_difference()
    {
        var wanted = Spec with
        {
            Seed = 18,
            Seeds = [0, 2],
            Trials = 2,
            Tasks = [Block("b", Endless("lora")) with { Size = "quickstart" }],
        };
        var ledger = Continue(wanted, Ledger(Spec).Start().Events);

        var problems = Assert.Throws<SpecException>(() => ledger.Start()).Problems;

        Assert.Equal(
            [
                "sweep 'example' was begun with another specification.",
                "seed: 17 -> 18",
                "tasks.a: present -> absent",
                "tasks.b: absent -> present",
                "seeds: 1 is gone, but the sweep has trials with it",
                "trials: 2 over 2 seeds are 1 configurations, but the sweep was to have 2; 4 trials keep them",
            ],
            problems.Select(problem => problem.Message));
    }

    [Fact]
    public void Changed_methods_are_named()
    {
        var before = Sweep([Block("a", Entry("lora", [1]), Entry("full", [1]))], seeds: [0]);
        var now = Sweep([Block("a", Entry("lora", [2]), Entry("mole", [1]))], seeds: [0]);

        var problems = Assert.Throws<SpecException>(() => Continue(now, Ledger(before).Start().Events).Start()).Problems;

        Assert.Equal(
            [
                "tasks.a.methods.lora.rank.choices: [1] -> [2]",
                "tasks.a.methods.full: present -> absent",
                "tasks.a.methods.mole: absent -> present",
            ],
            problems.Skip(1).Select(problem => problem.Message));
    }

    [Fact]
    public void A_refused_extension_leaves_the_sweep_as_it_was()
    {
        var ledger = Ledger(Spec);
        ledger.Start();

        Assert.Throws<SpecException>(() => ledger.Extend(Spec with { Seeds = [0, 1, 2] }));

        Assert.Equal(Spec, ledger.Spec);
        Assert.Equal("example", Assert.Single(ledger.Ready(Anna).Did<LedgerEffect.Assign>()).Assignment.Sweep);
    }

    private static SweepLedger Continue(SweepSpec wanted, IEnumerable<SweepEvent> events)
    {
        var ledger = Ledger(wanted);
        foreach (var recorded in events)
            ledger.Replay(recorded);
        return ledger;
    }

    private static IEnumerable<(int Trial, int Index, int Replicate)> Created(IEnumerable<SweepEvent> events) =>
        from created in events.OfType<SweepEvent.TrialCreated>()
        let train = (TrialWork.Train)created.Work
        select (created.Trial.Number, train.Index, train.Replicate);
}

using Experiments.Samplers;
using Experiments.Sweeps;
using Experiments.Trials;
using Xunit;
using static Experiments.Tests.Trials.SweepExample;

namespace Experiments.Tests.Trials;

/// <summary>Configurations of a sampler that takes long: asked for, and there later.</summary>
public sealed class SuggestionTests
{
    private static readonly SweepSpec One = Sweep([Block("a", Endless("lora"))], seeds: [0]) with { Trials = 4 };
    private static readonly SweepSpec Two = Sweep([Block("a", Endless("lora"), Endless("full"))], seeds: [0]) with { Trials = 8 };

    private readonly LearningSampler _sampler = new(ideas: 9, isSlow: true);

    [Fact]
    public void A_free_device_has_a_configuration_asked_for_and_gets_it_when_it_is_there()
    {
        var ledger = Started(One);

        var asked = ledger.Ready(Anna);
        var answered = ledger.Handle(Question(asked).Answer());

        Assert.Equal([new SweepEvent.SuggestionBegun(0, "lora", 0)], asked.Events);
        Assert.Equal(T(0), Assert.Single(answered.Said<SweepEvent.TrialCreated>()).Trial);
        Assert.Equal(A(0, 1), Assert.Single(answered.Did<LedgerEffect.Assign>()).Assignment.Attempt);
    }

    [Fact]
    public void All_replicates_come_with_the_answer()
    {
        var ledger = Started(One with { Seeds = [0, 1] });

        var answered = ledger.Handle(Question(ledger.Ready(Anna)).Answer());

        Assert.Equal([0, 1], answered.Said<SweepEvent.TrialCreated>().Select(created => ((TrialWork.Train)created.Work).Replicate));
    }

    [Fact]
    public void What_is_recorded_meanwhile_is_for_the_next_question()
    {
        var ledger = Started(One);
        ledger.Handle(Question(ledger.Ready(Anna)).Answer());
        var question = Question(ledger.Ready(Ben));

        ledger.ReportAll(Anna, A(0, 1), new Report.Started(1, 0), Finished(dice: 0.25));
        var answered = ledger.Handle(question.Answer());
        var next = Question(ledger.Ready(Anna));

        Assert.Null(Assert.Single(question.History).Value);
        Assert.Equal("""{"known":0}""", Drawn(answered));
        Assert.Equal([-0.25, null], next.History.Select(each => each.Value));
    }

    [Fact]
    public void Of_an_entry_one_is_asked_at_a_time_and_the_next_knows_of_the_one_before()
    {
        var ledger = Started(One);
        var first = Question(ledger.Ready(Anna));

        Assert.Empty(ledger.Ready(Ben).Did<LedgerEffect.Suggest>());
        var second = Question(ledger.Handle(first.Answer()));

        Assert.Empty(first.History);
        Assert.Equal((0, null, false), Told(Assert.Single(second.History)));
        static (int, double?, bool) Told(Observation observation) => (observation.Index, observation.Value, observation.Failed);
    }

    [Fact]
    public void Of_two_entries_two_are_asked_at_a_time()
    {
        var ledger = Started(Two);

        var first = Question(ledger.Ready(Anna));
        var second = Question(ledger.Ready(Ben));
        var answered = ledger.Handle(second.Answer()); // the second is first

        Assert.Equal(("lora", "full"), (first.Entry, second.Entry));
        Assert.Equal("anna", Assert.Single(answered.Said<SweepEvent.TrialLeased>()).Worker);
        Assert.Equal("ben", Assert.Single(ledger.Handle(first.Answer()).Said<SweepEvent.TrialLeased>()).Worker);
    }

    [Fact]
    public void Experts_are_all_there_before_what_composes_them_is_asked_for()
    {
        var mole = Endless("mole") with { Experts = "expert" };
        var ledger = Started(Sweep([Block("a", mole, Endless("expert"))], seeds: [0]) with { Trials = 3 });

        var expert = Question(ledger.Ready(Anna));
        var waiting = ledger.Ready(Ben);
        var composed = Question(ledger.Handle(expert.Answer()));
        var created = Assert.Single(ledger.Handle(composed.Answer()).Said<SweepEvent.TrialCreated>());

        Assert.Equal(("expert", "mole"), (expert.Entry, composed.Entry));
        Assert.Empty(waiting.Did<LedgerEffect.Suggest>());
        Assert.Equal([T(0)], created.Needs);
    }

    [Fact]
    public void After_a_restart_the_same_is_asked_again()
    {
        var ledger = Ledger(One, _sampler);
        List<SweepEvent> recorded = [.. ledger.Start().Events];
        var first = ledger.Ready(Anna);
        recorded.AddRange([.. first.Events, .. ledger.Handle(Question(first).Answer()).Events]);
        recorded.AddRange(ledger.Ready(Ben).Events);
        recorded.AddRange(ledger.ReportAll(Anna, A(0, 1), new Report.Started(1, 0), Finished(dice: 0.25)).Events);

        var again = Ledger(One, new LearningSampler(ideas: 9, isSlow: true));
        foreach (var each in recorded)
            again.Replay(each);
        var question = Question(again.Start());

        Assert.Null(Assert.Single(question.History).Value); // as it was when it was asked
        Assert.Equal((1, """{"known":0}"""), (question.Index, Drawn(again.Handle(question.Answer()))));
    }

    [Fact]
    public void Of_a_paused_sweep_the_answer_is_kept_and_given_out_when_it_goes_on()
    {
        var ledger = Started(One);
        var question = Question(ledger.Ready(Anna));
        ledger.Handle(new LedgerInput.Pause("lunch", StopRunning: true));

        var answered = ledger.Handle(question.Answer());
        var resumed = ledger.Handle(new LedgerInput.Resume());

        Assert.Single(answered.Said<SweepEvent.TrialCreated>());
        Assert.Empty(answered.Said<SweepEvent.TrialLeased>());
        Assert.Single(resumed.Said<SweepEvent.TrialLeased>());
    }

    [Fact]
    public void Of_a_cancelled_sweep_the_answer_is_dropped_and_the_question_asked_again_where_it_goes_on()
    {
        var ledger = Started(One);
        var question = Question(ledger.Ready(Anna));
        ledger.Handle(new LedgerInput.Cancel(null));

        var answered = ledger.Handle(question.Answer());
        var extended = ledger.Extend(One with { Trials = 6 });

        Assert.Empty(answered.Events);
        Assert.Equal(0, Question(extended).Index);
        Assert.Single(ledger.Handle(Question(extended).Answer()).Said<SweepEvent.TrialLeased>());
    }

    [Fact]
    public void An_extension_does_not_ask_twice()
    {
        var ledger = Started(One);
        var question = Question(ledger.Ready(Anna));

        Assert.Empty(ledger.Extend(One with { Trials = 12, Seeds = [0, 1] }).Did<LedgerEffect.Suggest>());
        Assert.Equal(2, ledger.Handle(question.Answer()).Said<SweepEvent.TrialCreated>().Length);
    }

    [Fact]
    public void An_answer_that_nobody_awaits_changes_nothing()
    {
        var ledger = Started(One);
        var question = Question(ledger.Ready(Anna));
        ledger.Handle(question.Answer());

        Assert.Empty(ledger.Handle(question.Answer()).Events);
    }

    [Fact]
    public void Where_there_is_no_more_the_sweep_ends()
    {
        var ledger = Ledger(One, new LearningSampler(ideas: 1, isSlow: true));
        ledger.Start();
        ledger.Handle(Question(ledger.Ready(Anna)).Answer());
        ledger.ReportAll(Anna, A(0, 1), new Report.Started(1, 0), Finished());

        var end = ledger.Handle(Question(ledger.Ready(Anna)).Answer());

        Assert.Equal("done", Assert.Single(end.Said<SweepEvent.SweepEnded>()).Reason);
    }

    [Fact]
    public void What_an_entry_has_no_more_goes_to_the_others()
    {
        var mixed = Sweep([Block("a", Endless("lora"), Endless("full"))], seeds: [0]) with { Trials = 6 };
        var ledger = Ledger(mixed, new ShortOf(TrialSeed.OfEntry(mixed.Seed, 0, "lora"), ideas: 1));
        ledger.Start();

        var step = ledger.Ready(Anna);
        for (var trial = 0; ledger.Ended is null; trial++)
        {
            while (step.Did<LedgerEffect.Suggest>() is [var asked])
                step = ledger.Handle(asked.Question.Answer());
            if (ledger.Ended is not null)
                break;
            ledger.ReportAll(Anna, A(trial, 1), new Report.Started(1, 0), Finished());
            step = ledger.Ready(Anna);
        }

        Assert.Equal(6, ledger.Trials.Count());
        Assert.Equal(1, ledger.Trials.Count(trial => trial.Work is TrialWork.Train { Entry: "lora" }));
    }

    /// <summary>Has few configurations of one entry, by its seed, and any number of the others.</summary>
    private sealed class ShortOf(ulong seed, int ideas) : ISampler
    {
        public bool UsesHistory => true;

        public bool IsSlow => true;

        public Configuration? Suggest(SearchSpace space, IReadOnlyList<Observation> history, int index, ulong asked) =>
            asked == seed && index >= ideas ? null : ListedSampler.Value("draw", new ParameterValue.Integer(index));

        public long? Count(SearchSpace space) => null;
    }

    private SweepLedger Started(SweepSpec spec)
    {
        var ledger = Ledger(spec, _sampler);
        ledger.Start();
        return ledger;
    }

    private static SuggestionQuestion Question(LedgerStep step) => Assert.Single(step.Did<LedgerEffect.Suggest>()).Question;

    private static string Drawn(LedgerStep step) =>
        ((TrialWork.Train)Assert.Single(step.Said<SweepEvent.TrialCreated>()).Work).Configuration.ToString();
}

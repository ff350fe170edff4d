using Experiments.Samplers;
using Experiments.Sweeps;
using Experiments.Trials;
using Xunit;
using static Experiments.Tests.Trials.SweepExample;

namespace Experiments.Tests.Trials;

public sealed class PlanningTests
{
    [Fact]
    public void Creates_configurations_entry_by_entry_with_all_seeds_of_each()
    {
        var ledger = Ledger(Sweep([Block("lesions", Entry("lora", [4, 8]), Entry("full", [1]))], seeds: [0, 5]));

        var created = ledger.Start().Said<SweepEvent.TrialCreated>();

        Assert.Equal(
            ["t0 lora#0 rank=4 seed 0", "t1 lora#0 rank=4 seed 5", "t2 lora#1 rank=8 seed 0", "t3 lora#1 rank=8 seed 5",
             "t4 full#0 rank=1 seed 0", "t5 full#0 rank=1 seed 5"],
            created.Select(Told));
    }

    [Fact]
    public void Trains_all_methods_of_a_task_with_the_same_seed_and_each_replicate_with_another()
    {
        var ledger = Ledger(Sweep([Block("a", Entry("lora", [1]), Entry("full", [1])), Block("b", Entry("lora", [1]))], seeds: [0, 1]));

        var seeds = ledger.Start().Said<SweepEvent.TrialCreated>().Select(created => ((TrialWork.Train)created.Work).Seed).ToArray();

        Assert.Equal(seeds[..2], seeds[2..4]);
        Assert.Equal(4, seeds.Distinct().Count());
    }

    [Fact]
    public void Seeds_do_not_change_with_versions_of_the_program()
    {
        Assert.Equal(0xDB04_B9F1_3822_73A6ul, TrialSeed.OfTraining(17, "lesions", 0));
        Assert.Equal(0x3CFB_3945_11B7_1EAEul, TrialSeed.OfEntry(17, 0, "lora"));
    }

    [Theory]
    [InlineData("random")]
    [InlineData("tpe")]
    public void A_configuration_that_is_rejected_is_made_up_for_in_its_entry_and_another_failure_is_not(string sampler)
    {
        var spec = Sweep([Block("a", Entry("lora", [.. Enumerable.Range(1, 64)]), Entry("full", [1, 2, 3, 4]))], seeds: [0, 1]);
        var ledger = Ledger(spec with { Trials = 8 }, SamplerCatalogue.Create(new SamplerSpec { Type = sampler }));
        ledger.Start();
        var rejected = new List<string>();

        while (ledger.Ready(Anna).Did<LedgerEffect.Assign>() is [{ Assignment: var given }])
        {
            // Both seeds of the first configuration of lora are rejected, and all of full; the second of lora fails.
            var train = (TrialWork.Train)given.Work;
            var isRejected = train.Entry == "full" || train.Index == 0;
            var end = isRejected ? Failed(FailureCause.Invalid) : train.Index == 1 ? Failed(FailureCause.Error) : Finished();
            ledger.ReportAll(Anna, given.Attempt, new Report.Started(1, 0), end);
            if (isRejected)
                rejected.Add($"{train.Entry} {train.Index} {train.Replicate}");
        }

        // Two configurations each: lora gets a third, full two more, which are rejected as well.
        Assert.Equal("done", ledger.Ended);
        Assert.Equal(
            ["full 0 0", "full 0 1", "full 1 0", "full 1 1", "full 2 0", "full 2 1", "full 3 0", "full 3 1", "lora 0 0", "lora 0 1"],
            rejected.Order(StringComparer.Ordinal));
        Assert.Equal((2, 2), (ledger.Counts[TrialState.Completed], ledger.Counts[TrialState.Failed]));
        Assert.Equal(14, ledger.Trials.Count());
    }

    [Fact]
    public void Prepares_once_what_several_blocks_need_and_lets_trainings_wait_for_it()
    {
        var corpus = new PreparationDescription("corpus", []);
        var nano = new PreparationDescription("base/nano", ["corpus"]);
        var ledger = Ledger(
            Sweep([Block("a", Entry("lora", [1])), Block("b", Entry("lora", [1]))], seeds: [0]), null,
            ("a", [corpus]), ("b", [corpus, nano]));

        var created = ledger.Start().Said<SweepEvent.TrialCreated>();

        Assert.Equal(["t0 corpus", "t1 base/nano after t0", "t2 lora#0 rank=1 seed 0 after t0", "t3 lora#0 rank=1 seed 0 after t0 t1"],
            created.Select(Told));
    }

    [Fact]
    public void Creates_experts_first_and_lets_a_trial_need_those_of_its_own_seed()
    {
        var ledger = Ledger(Sweep([Block("composition", Entry("mole", [1], experts: "expert"), Entry("expert", [2, 3]))], seeds: [0, 1]));

        var created = ledger.Start().Said<SweepEvent.TrialCreated>();

        Assert.Equal(["expert", "expert", "expert", "expert", "mole", "mole"], created.Select(each => ((TrialWork.Train)each.Work).Entry));
        Assert.Equal([T(0), T(2)], created[4].Needs);
        Assert.Equal([T(1), T(3)], created[5].Needs);
    }

    [Theory]
    [InlineData(12, "4 2")]
    [InlineData(10, "3 2")]
    [InlineData(8, "2 2")]
    [InlineData(3, "1 0")]
    public void Shares_the_trials_out_in_whole_replicate_sets_as_far_as_spaces_go(int trials, string configurations)
    {
        var spec = Sweep([Block("a", Endless("lora"), Entry("full", [1, 2]))], seeds: [0, 1]) with { Trials = trials };

        var created = Ledger(spec).Start().Said<SweepEvent.TrialCreated>().Select(each => (TrialWork.Train)each.Work).ToList();

        Assert.All(created.CountBy(train => (train.Entry, train.Index)), set => Assert.Equal(2, set.Value));
        Assert.Equal(configurations, $"{Configurations("lora")} {Configurations("full")}");

        int Configurations(string entry) => created.Where(train => train.Entry == entry).DistinctBy(train => train.Index).Count();
    }

    [Fact]
    public void What_is_left_over_goes_to_the_first_in_the_file_not_to_the_first_created()
    {
        var mole = Endless("mole") with { Experts = "expert" };
        var spec = Sweep([Block("a", mole, Endless("expert"))], seeds: [0]) with { Trials = 3 };

        var created = Ledger(spec).Start().Said<SweepEvent.TrialCreated>().Select(each => ((TrialWork.Train)each.Work).Entry);

        Assert.Equal(["expert", "mole", "mole"], created);
    }

    [Fact]
    public void Refuses_an_endless_space_without_a_number_of_trials()
    {
        var problem = Assert.Throws<SpecException>(() => Ledger(Sweep([Block("a", Endless("lora"))], seeds: [0])).Start());

        Assert.Contains("trials: missing", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_fewer_trials_than_one_configuration_needs()
    {
        var spec = Sweep(ranks: [1], seeds: [0, 1, 2]) with { Trials = 2 };

        var problem = Assert.Throws<SpecException>(() => Ledger(spec).Start());

        Assert.Equal("trials: 2 is less than the 3 that 1 configuration(s) with 3 seed(s) need.", problem.Message);
    }

    [Theory]
    [InlineData("mole", "mole", "is among its own experts")]
    [InlineData("nobody", "mole", "which is not an entry beside it")]
    public void Refuses_experts_that_cannot_be(string experts, string name, string complaint)
    {
        var spec = Sweep([Block("a", Entry(name, [1], experts))], seeds: [0]);

        var problem = Assert.Throws<SpecException>(() => Ledger(spec).Start());

        Assert.Contains(complaint, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Draws_lazily_when_the_sampler_learns_and_tells_it_what_became_of_the_earlier_ones()
    {
        var sampler = new LearningSampler(ideas: 2);
        var spec = Sweep([Block("a", Endless("lora"))], seeds: [0, 1]) with { Trials = 100 };
        var ledger = Ledger(spec, sampler);
        Assert.Empty(ledger.Start().Said<SweepEvent.TrialCreated>());

        var first = ledger.Ready(Anna).Said<SweepEvent.TrialCreated>();
        ledger.ReportAll(Anna, A(0, 1), new Report.Started(1, 0), Finished(dice: 0.25));
        var none = ledger.Ready(Anna).Said<SweepEvent.TrialCreated>();
        ledger.ReportAll(Anna, A(1, 1), new Report.Started(1, 0), Finished(dice: 0.75));
        var second = ledger.Ready(Anna).Said<SweepEvent.TrialCreated>();
        ledger.ReportAll(Anna, A(2, 1), new Report.Started(1, 0), Failed(FailureCause.Nan));
        ledger.Ready(Anna);
        ledger.ReportAll(Anna, A(3, 1), new Report.Started(1, 0), Failed(FailureCause.Nan));
        var end = ledger.Ready(Anna);

        Assert.Equal((2, 0, 2), (first.Length, none.Length, second.Length));
        Assert.Equal(-0.5, Assert.Single(sampler.Seen[1]).Value);
        Assert.Equal(4, ledger.Trials.Count());
        Assert.Equal("done", Assert.Single(end.Said<SweepEvent.SweepEnded>()).Reason);
    }

    [Fact]
    public void A_sampler_that_learns_is_told_every_objective_and_what_breaks_constraints()
    {
        var sampler = new LearningSampler(ideas: 2);
        var block = Block("a", Endless("lora")) with
        {
            Objectives = [new("seconds", Maximize: false), new("jaccard", Maximize: true)],
            OutcomeConstraints = [new("seconds", AtMost: true, 4)],
        };
        var ledger = Ledger(Sweep([block], seeds: [0]) with { Trials = 2 }, sampler);
        ledger.Start();
        ledger.Ready(Anna);

        ledger.ReportAll(Anna, A(0, 1), new Report.Started(1, 0), Finished(dice: 0.25)); // after 5 s, without a word on jaccard
        ledger.Ready(Anna);

        var seen = Assert.Single(sampler.Seen[1]);
        Assert.Equal([-0.25, 5, double.PositiveInfinity], seen.Objectives);
        Assert.Equal(0.25, seen.Violation);
    }

    [Theory]
    [InlineData("random", 0)]
    [InlineData("tpe", 1)]
    public void Ends_when_the_constraints_admit_nothing_that_the_sampler_could_draw(string sampler, int workers)
    {
        var nothing = new SearchSpace([new("x", new Domain.Float(0, 1))], [new Constraint("x > 2")]);
        var entry = new MethodEntry { Name = "lora", Method = "lora", Space = nothing };
        var spec = Sweep([Block("a", entry)], seeds: [0]) with { Trials = 3, Sampler = new SamplerSpec { Type = sampler } };
        var ledger = Ledger(spec, SamplerCatalogue.Create(spec.Sampler));

        var step = ledger.Start();
        if (workers > 0)
            step = ledger.Ready(Anna);

        Assert.Equal("done", Assert.Single(step.Said<SweepEvent.SweepEnded>()).Reason);
        Assert.Empty(ledger.Trials);
    }

    private static string Told(SweepEvent.TrialCreated created)
    {
        var work = created.Work switch
        {
            TrialWork.Train train => $"{train.Entry}#{train.Index} rank={train.Configuration.Values["rank"]} seed {train.Replicate}",
            TrialWork.Prepare prepare => prepare.Preparation,
            _ => "?",
        };
        return $"{created.Trial} {work}" + (created.Needs.Count > 0 ? $" after {string.Join(' ', created.Needs)}" : "");
    }
}

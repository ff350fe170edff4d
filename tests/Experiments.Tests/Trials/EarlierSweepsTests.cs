using Experiments.Reports;
using Experiments.Samplers;
using Experiments.Schedulers;
using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Tests.Storage;
using Experiments.Tests.Sweeps;
using Experiments.Trials;
using Xunit;
using static Experiments.Tests.Trials.SweepExample;

namespace Experiments.Tests.Trials;

/// <summary>What a sweep takes over from earlier ones, and that it needs them no more afterwards.</summary>
public sealed class EarlierSweepsTests : IDisposable
{
    private static readonly PreparationCatalogue Catalogue = new(new Dictionary<string, PreparationDescription[]>());

    private readonly TemporaryFolder _folder = new();
    private readonly LiteDbStore _store;

    public EarlierSweepsTests() => _store = LiteDbStore.Open(_folder.Path);

    [Fact]
    public void Takes_over_what_is_in_the_new_space_and_counts_the_rest()
    {
        var trials = Record("earlier", Searched(high: 1, trials: 12));

        var taken = Assert.Single(EarlierSweeps.Find(Later(high: 0.5), Catalogue, _store)!.Histories);

        var inside = trials.Where(trial => Rate(trial.Configuration) <= 0.5).Select(trial => trial.Configuration).ToList();
        Assert.Equal(("earlier", 0, "lora", 12 - inside.Count), (taken.Sweep, taken.Block, taken.Entry, taken.LeftOut));
        Assert.InRange(inside.Count, 1, 11);
        Assert.Equal(inside, taken.Observations.Select(each => each.Configuration));
        Assert.Equal(Enumerable.Range(-inside.Count, inside.Count), taken.Observations.Select(each => each.Index));
        Assert.All(taken.Observations, each => Assert.True(each is { Failed: false, Progress: 1, IsTakenOver: true }));
        var first = trials.FindIndex(trial => Rate(trial.Configuration) <= 0.5);
        Assert.Equal(-_store.Trials("earlier")[first].Result!.Metrics["validation_dice"], taken.Observations[0].Value);
    }

    [Fact]
    public void Several_sweeps_are_told_in_the_order_of_their_names_in_the_file()
    {
        Record("one", Searched(high: 1, trials: 3));
        Record("two", Searched(high: 1, trials: 4));

        var taken = EarlierSweeps.Find(Later(high: 1, "two", "one"), Catalogue, _store)!.Histories;

        Assert.Equal(["two -7..-4", "one -3..-1"],
            taken.Select(each => $"{each.Sweep} {each.Observations[0].Index}..{each.Observations[^1].Index}"));
    }

    [Fact]
    public void What_was_pruned_is_told_as_far_as_it_came()
    {
        Record("earlier", Searched(high: 1, trials: 12) with
        {
            Scheduler = new SchedulerSpec
            {
                Type = "asha-stop",
                Options = new Configuration([new("min_steps", new ParameterValue.Integer(1))]),
            },
        });
        var pruned = _store.Trials("earlier").Count(trial => trial.State == TrialState.Pruned);

        var taken = Assert.Single(EarlierSweeps.Find(Later(high: 1), Catalogue, _store)!.Histories);

        Assert.InRange(pruned, 1, 11);
        Assert.Equal(12, taken.Observations.Count);
        Assert.Equal(pruned, taken.Observations.Count(each => each.Progress < 1));
    }

    [Theory]
    [InlineData("tpe")]
    [InlineData("gp")]
    [InlineData("cma-es")]
    [InlineData("evolution")]
    public void Suggestions_come_out_again_without_the_earlier_sweep_and_cost_no_trial(string sampler)
    {
        Record("earlier", Searched(high: 1, trials: 12));
        var spec = Later(high: 1) with { Sampler = new SamplerSpec { Type = sampler, WarmStart = ["earlier"] } };
        var imported = EarlierSweeps.Find(spec, Catalogue, _store);
        var sweep = new SimulatedSweep(
            spec, workers: 2, () => SamplerCatalogue.Create(spec.Sampler), () => new FifoScheduler(), imported);
        var random = new Random(7);
        for (var happened = 0; happened < 100; happened++)
            sweep.Happen(random.Next(16 * 2 * 64));
        sweep.RunToTheEnd();
        _store.Append(StoredHistory.Record("later", 1, sweep.Recorded));

        var events = _store.Read("later").Select(recorded => recorded.Event).ToList();

        Assert.Empty(SweepAudit.Of(spec, Catalogue, events).Disagreements);
        Assert.Equal(6, sweep.Ledger.Trials.Count());
        var origin = TrialOrigin.Of(spec, Catalogue, events, T(0))!;
        Assert.Equal((0, true), (origin.Known, origin.ComesOutAgain));
        Assert.Equal(("earlier", 12), (Assert.Single(origin.Earlier).Sweep, origin.Earlier[0].Observations.Count));
        Assert.Contains("Its sampler knew from the start: lora learns from 12 configurations of earlier.",
            OriginTables.Of(OriginDocument.Of("later", spec, origin)).Single().Lead);
        var cold = new SimulatedSweep(spec, workers: 1, () => SamplerCatalogue.Create(spec.Sampler), () => new FifoScheduler());
        cold.RunToTheEnd();
        Assert.Equal(sampler == "evolution", First(cold.Recorded).Equals(First(events))); // whose generation has 24
    }

    [Fact]
    public void A_sweep_that_has_begun_keeps_what_it_knows()
    {
        Record("earlier", Searched(high: 1, trials: 3));
        var imported = EarlierSweeps.Find(Later(high: 1), Catalogue, _store);
        var begun = Ledger(Later(high: 1), new LearningSampler(ideas: 9)).Start();

        var again = Ledger(Later(high: 1), new LearningSampler(ideas: 9));
        foreach (var recorded in begun.Events)
            again.Replay(recorded);

        Assert.Empty(again.Start(imported).Said<SweepEvent.HistoryImported>());
    }

    [Fact]
    public void A_parameter_that_only_one_of_them_names_has_its_default_in_the_other()
    {
        var rank = new Parameter("rank", new Domain.Choice([new ParameterValue.Integer(4), new ParameterValue.Integer(8)]));
        var dropout = new Parameter("dropout", new Domain.Choice([new ParameterValue.Real(0), new ParameterValue.Real(0.1)]));
        Record("earlier", Sweep([Block("lesions", Of(rank, dropout, Fixed("report_every", 5)))], seeds: [0]) with
        {
            Sampler = new SamplerSpec { Type = "grid" },
        });

        Assert.Equal((2, 2), Fitting(rank)); // dropout 0 is the default
        Assert.Equal((4, 0), Fitting(dropout, rank));
        Assert.Equal((2, 2), Fitting(rank, Fixed("steps", 100))); // the default, as the earlier ones had it
        Assert.Equal((2, 2), Fitting(rank, Fixed("report_every", 20))); // only says what is recorded
        var refusal = Assert.Throws<SpecException>(() => Fitting(rank, Fixed("steps", 200)));
        Assert.Equal(
            "sampler: warm_start: 'earlier' has no completed configuration that fits this sweep; 4 do not.", refusal.Message);

        (int Taken, int LeftOut) Fitting(params Parameter[] parameters)
        {
            var spec = Later(high: 1) with { Tasks = [Block("lesions", Of(parameters))] };
            var history = Assert.Single(EarlierSweeps.Find(spec, new CatalogueDouble(), _store)!.Histories);
            return (history.Observations.Count, history.LeftOut);
        }
    }

    [Fact]
    public void A_sweep_that_is_not_there_or_has_nothing_in_common_is_said()
    {
        Record("earlier", Searched(high: 1, trials: 2));

        var missing = Assert.Throws<SpecException>(() => EarlierSweeps.Find(Later(high: 1, "earleir"), Catalogue, _store));
        var other = Assert.Throws<SpecException>(() => EarlierSweeps.Find(
            Later(high: 1) with { Tasks = [Block("lesions", Endless("full"))] }, Catalogue, _store));

        Assert.Equal("sampler: warm_start: the store has no sweep 'earleir'. Did you mean 'earlier'?", missing.Message);
        Assert.Equal("sampler: warm_start: 'earlier' has no completed configuration that fits this sweep: it shares no method, "
            + "task and metric with it.", other.Message);
        Assert.Null(EarlierSweeps.Find(Searched(high: 1, trials: 2), Catalogue, _store));
    }

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }

    private static Configuration First(IEnumerable<SweepEvent> events) =>
        ((TrialWork.Train)events.OfType<SweepEvent.TrialCreated>().First().Work).Configuration;

    private static double Rate(Configuration configuration) => ((ParameterValue.Real)configuration.Values["rate"]).Value;

    private static Parameter Fixed(string name, long value) => new(name, new Domain.Fixed(new ParameterValue.Integer(value)));

    private static MethodEntry Of(params Parameter[] parameters) =>
        new() { Name = "lora", Method = "lora", Space = new SearchSpace([.. parameters]) };

    private static SweepSpec Searched(double high, int trials) => Sweep(
        [Block("lesions", Of(new Parameter("rate", new Domain.Float(0, high)), new Parameter("rank", new Domain.Int(1, 4))))],
        seeds: [0]) with { Trials = trials };

    private static SweepSpec Later(double high, params string[] earlier) => Searched(high, trials: 6) with
    {
        Name = "later",
        Seed = 18,
        Sampler = new SamplerSpec { Type = "tpe", WarmStart = earlier.Length == 0 ? ["earlier"] : [.. earlier] },
    };

    /// <summary>Runs a sweep to its end, puts it in the store, and says what it tried.</summary>
    private List<TrialWork.Train> Record(string name, SweepSpec spec)
    {
        var named = spec with { Name = name };
        var sweep = new SimulatedSweep(
            named, workers: 2, () => SamplerCatalogue.Create(spec.Sampler), () => SchedulerCatalogue.Create(spec.Scheduler));
        sweep.RunToTheEnd();
        _store.Append(StoredHistory.Record(name, 1, sweep.Recorded));
        return [.. sweep.Recorded.OfType<SweepEvent.TrialCreated>().Select(created => (TrialWork.Train)created.Work)];
    }
}

using Experiments.Schedulers;
using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Tests.Trials;
using Experiments.Trials;
using static Experiments.Tests.Trials.SweepExample;

namespace Experiments.Tests.Storage;

/// <summary>Events as a sweep would record them, numbered, an hour's worth of them a second apart.</summary>
internal static class StoredHistory
{
    public static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>A specification that uses every kind of value.</summary>
    public static readonly SweepSpec Spec = Sweep(
        [
            Block("composition", Entry("mole", [1, 2], experts: "expert"), Every("expert")),
            Block("lesions", Entry("lora", [4])) with
            {
                Objectives = [new("seconds", Maximize: false)],
                OutcomeConstraints = [new("seconds", AtMost: true, 60)],
            },
        ],
        seeds: [0, 1])
        with
        {
            Trials = 40,
            Sampler = new SamplerSpec { Type = "random", Options = ListedSampler.Value("shuffle", new ParameterValue.Flag(true)) },
            Limits = new Limits { Wall = TimeSpan.FromHours(2) },
            Resources = new Resources { Slots = 2, Devices = ["cpu:0"] },
        };

    /// <summary>Numbers the events of a sweep from one on.</summary>
    public static RecordedEvent[] Record(string sweep, long from, params IEnumerable<SweepEvent> events) =>
        [.. events.Select((each, index) => new RecordedEvent(sweep, from + index, Noon.AddSeconds(from + index), each))];

    /// <summary>A sweep that was disturbed in every way and has come to its end.</summary>
    public static IReadOnlyList<SweepEvent> Disturbed() => Disturbed(
        Sweep([Block("composition", Entry("mole", [1], experts: "expert"), Entry("expert", [1, 13]))], seeds: [0, 1]));

    /// <summary>The same of populations, whose trials take each other over.</summary>
    public static IReadOnlyList<SweepEvent> Populations() => Disturbed(
        Sweep([Block("composition", Entry("full", [1, 2, 3, 4]), Entry("lora", [1, 2, 3, 13]))], seeds: [0])
            with { Retries = int.MaxValue, Scheduler = new SchedulerSpec { Type = "pbt" } });

    private static IReadOnlyList<SweepEvent> Disturbed(SweepSpec spec)
    {
        var sweep = new SimulatedSweep(spec, workers: 2, scheduler: () => SchedulerCatalogue.Create(spec.Scheduler));
        for (var what = 0; what < 400; what++)
            sweep.Happen(what * 37);
        sweep.RunToTheEnd();
        return sweep.Recorded;
    }

    /// <summary>An endless sweep of one trial that reports a step again and again; the first events begin it.</summary>
    public static IEnumerable<SweepEvent> Endless()
    {
        yield return new SweepEvent.SweepStarted(Sweep(ranks: [1], seeds: [0]));
        yield return new SweepEvent.TrialCreated(T(0), new TrialWork.Prepare("corpus"), []);
        yield return new SweepEvent.TrialLeased(A(0, 1), "anna", "cpu:0", "here");
        yield return new SweepEvent.AttemptStarted(A(0, 1), 1, 7, 0);
        for (var step = 1; ; step++)
            yield return new SweepEvent.MetricReported(A(0, 1), step + 1, step, Values(("loss", 1.0 / step)));
    }

    private static MethodEntry Every(string name) => new()
    {
        Name = name,
        Method = "lora",
        Space = new SearchSpace(
        [
            new Parameter("rank", new Domain.Int(2, 32, Log: true)),
            new Parameter("learning_rate", new Domain.Float(1e-5, 1e-2, Log: true)),
            new Parameter("alpha", new Domain.Fixed(new ParameterValue.Real(16))),
            new Parameter("targets", new Domain.Choice(
                [new ParameterValue.List([new ParameterValue.Text("q"), new ParameterValue.Text("v")]), new ParameterValue.Text("all")]),
                [new Condition("rank", [new ParameterValue.Integer(2)])]),
        ],
        [new Constraint("rank * learning_rate <= 1")]),
        StartWith = [ListedSampler.Value("rank", new ParameterValue.Integer(8))],
    };
}

using System.Collections.Immutable;
using Experiments.Samplers;
using Experiments.Schedulers;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Experiments.Tests.Trials;

/// <summary>Small sweeps and the words to say what happens to them.</summary>
internal static class SweepExample
{
    public static readonly WorkerInfo Anna = new("anna", "cpu:0", "here");
    public static readonly WorkerInfo Ben = new("ben", "cpu:1", "here");

    /// <summary>One entry <c>lora</c> with a choice of ranks.</summary>
    public static SweepSpec Sweep(int[] ranks, int[] seeds) => Sweep([Block("lesions", Entry("lora", ranks))], seeds);

    public static SweepSpec Sweep(TaskBlock[] blocks, int[] seeds) =>
        new() { Name = "example", Seed = 17, Seeds = [.. seeds], Tasks = [.. blocks] };

    public static TaskBlock Block(string task, params MethodEntry[] entries) => new()
    {
        Task = task,
        Size = "smoke",
        Base = "nano",
        Metric = "dice",
        Maximize = true,
        Methods = [.. entries],
    };

    public static MethodEntry Entry(string name, int[] ranks, string? experts = null) => new()
    {
        Name = name,
        Method = name,
        Space = new SearchSpace([new Parameter("rank", new Domain.Choice([.. ranks.Select(rank => new ParameterValue.Integer(rank))]))]),
        Experts = experts,
    };

    /// <summary>An entry whose space the sampler draws from without end.</summary>
    public static MethodEntry Endless(string name) => new() { Name = name, Method = name, Space = new SearchSpace([]) };

    public static SweepLedger Ledger(
        SweepSpec spec, ISampler? sampler = null, params (string Task, PreparationDescription[] Preparations)[] preparations) =>
        Ledger(spec, new FifoScheduler(), sampler, preparations);

    public static SweepLedger Ledger(
        SweepSpec spec, ITrialScheduler scheduler, ISampler? sampler = null,
        params (string Task, PreparationDescription[] Preparations)[] preparations) =>
        new(spec, new PreparationCatalogue(preparations.ToDictionary(each => each.Task, each => each.Preparations)),
            sampler ?? new ListedSampler(), scheduler);

    public static TrialId T(int number) => new(number);

    public static AttemptId A(int trial, int number) => new(T(trial), number);

    public static ImmutableSortedDictionary<string, double> Values(params (string Name, double Value)[] values) =>
        values.ToImmutableSortedDictionary(each => each.Name, each => each.Value);

    public static Report.Ended Finished(double dice = 0.5, string? artefact = null) => new(
        new AttemptOutcome.Finished(new TrialResult { Metrics = Values(("validation_dice", dice)), Steps = 10, Artefact = artefact }),
        TimeSpan.FromSeconds(5));

    public static Report.Ended Failed(FailureCause cause) => new(new AttemptOutcome.Failed(cause, $"{cause}!", 3), TimeSpan.FromSeconds(1));

    extension(SweepLedger ledger)
    {
        public LedgerStep Ready(WorkerInfo worker) => ledger.Handle(new LedgerInput.WorkerReady(worker));

        public LedgerStep Lose(WorkerInfo worker) => ledger.Handle(new LedgerInput.WorkerLost(worker.Id, "killed"));

        public LedgerStep Report(WorkerInfo worker, AttemptId attempt, long sequence, Report report) =>
            ledger.Handle(new LedgerInput.Reported(worker.Id, attempt, sequence, report));

        /// <summary>Reports one after the other, numbered from 1.</summary>
        public LedgerStep ReportAll(WorkerInfo worker, AttemptId attempt, params Report[] reports)
        {
            var steps = reports.Select((report, index) => ledger.Report(worker, attempt, index + 1, report));
            return LedgerStep.Joined(steps);
        }

        public TrialState StateOf(int trial) => ledger.Find(T(trial))!.State;
    }

    extension(LedgerStep step)
    {
        public T[] Said<T>() where T : SweepEvent => [.. step.Events.OfType<T>()];

        public T[] Did<T>() where T : LedgerEffect => [.. step.Effects.OfType<T>()];
    }
}

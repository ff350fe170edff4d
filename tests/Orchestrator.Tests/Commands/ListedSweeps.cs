using System.Collections.Immutable;
using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Trials;
using Orchestrator.Reading;

namespace Orchestrator.Tests.Commands;

/// <summary>Sweeps that are simply there.</summary>
internal sealed class ListedSweeps(params IReadOnlyList<SweepSnapshot> sweeps) : ISweepReader
{
    public Task<IReadOnlyList<SweepSummary>> List(CancellationToken cancel) =>
        Task.FromResult<IReadOnlyList<SweepSummary>>([.. sweeps.Select(sweep => sweep.Summary)]);

    public Task<SweepSnapshot> Read(string sweep, CancellationToken cancel) =>
        Task.FromResult(sweeps.Single(known => known.Summary.Name == sweep));

    public void Dispose()
    {
    }

    /// <summary>A sweep of two methods on one task with three seeds: one trial runs, one waits, one has failed.</summary>
    public static SweepSnapshot Sweep(string name)
    {
        var spec = new SweepSpec
        {
            Name = name,
            Seeds = [0, 1, 2],
            Tasks =
            [
                new TaskBlock
                {
                    Task = "lesions", Size = "smoke", Base = "sam-nano", Metric = "dice", Maximize = true,
                    Methods = [Entry("lora"), Entry("mole")],
                },
            ],
        };
        TrialRow[] trials =
        [
            new() { Trial = new TrialId(1), Work = new TrialWork.Prepare("base/sam-nano"), State = TrialState.Completed, Attempt = 1 },
            Completed(2, "lora", 0, 0.81), Completed(3, "lora", 1, 0.83), Completed(4, "lora", 2, 0.82),
            Completed(5, "mole", 0, 0.84),
            At(6, "mole", 1, TrialState.Running) with { Attempt = 1, Step = 40, Device = "cpu:0", Node = "here" },
            At(7, "mole", 2, TrialState.Waiting),
            At(8, "lora", 0, TrialState.Failed, index: 1) with
            {
                Attempt = 2, Cause = FailureCause.Nan, Message = "The loss is not finite at step 3.",
            },
        ];
        var summary = new SweepSummary(
            name, new DateTimeOffset(2026, 3, 1, 9, 30, 0, TimeSpan.Zero), "running",
            trials.CountBy(trial => trial.State).ToImmutableSortedDictionary(), LastEvent: 99);
        return new SweepSnapshot(
            summary, spec, trials, ImmutableDictionary<TrialId, string>.Empty.Add(new TrialId(7), "no free device"));
    }

    private static MethodEntry Entry(string name) => new() { Name = name, Method = name, Space = new SearchSpace([]) };

    private static TrialRow At(int number, string entry, int seed, TrialState state, int index = 0) => new()
    {
        Trial = new TrialId(number),
        Work = new TrialWork.Train(0, entry, index, new Configuration([new("rank", new ParameterValue.Integer(4 << index))]), seed, 7),
        State = state,
    };

    private static TrialRow Completed(int number, string entry, int seed, double dice) => At(number, entry, seed, TrialState.Completed) with
    {
        Attempt = 1,
        Step = 60,
        Device = "cpu:0",
        Node = "here",
        Elapsed = TimeSpan.FromSeconds(12.5),
        Result = new TrialResult
        {
            Metrics = ImmutableSortedDictionary<string, double>.Empty.Add("validation_dice", dice).Add("test_dice", dice - 0.01),
            Steps = 60,
            TrainableParameters = 4096,
            TotalParameters = 94_096,
            PeakMemoryBytes = 310_000_000,
        },
    };
}

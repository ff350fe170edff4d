using System.Collections.Immutable;
using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Experiments.Tests.Comparison;

/// <summary>A sweep of one block in a few words: entries, and trials with the values they came to.</summary>
internal sealed class ExampleSweep(string metric = "dice", bool maximize = true, string reference = "lora")
{
    private readonly List<TrialRow> _trials = [];
    private readonly List<string> _entries = [];

    public IReadOnlyList<TrialRow> Trials => _trials;

    /// <summary>Entries with something to search.</summary>
    public IReadOnlyList<string> Searched { get; init; } = [];

    public EquatableArray<Objective> Objectives { get; init; } = [];

    public EquatableArray<OutcomeConstraint> OutcomeConstraints { get; init; } = [];

    public EquatableArray<Claim> Claims { get; init; } = [];

    public SweepSpec Spec => new()
    {
        Name = "example",
        Seeds = [0, 1, 2],
        Tasks =
        [
            new TaskBlock
            {
                Task = "lesions",
                Size = "quickstart",
                Base = "sam-nano",
                Metric = metric,
                Maximize = maximize,
                Objectives = Objectives,
                OutcomeConstraints = OutcomeConstraints,
                Methods = new EquatableArray<MethodEntry>([.. _entries.Select(entry =>
                    new MethodEntry { Name = entry, Method = entry, Space = Searched.Contains(entry) ? Space : new SearchSpace([]) })]),
            },
        ],
        Compare = new ComparisonSpec { Reference = reference, Claims = Claims },
    };

    /// <summary>What they search.</summary>
    public SearchSpace Space { get; init; } = new([new Parameter("rank", new Domain.Int(4, 64))]);

    public ExampleSweep Entry(string name)
    {
        _entries.Add(name);
        return this;
    }

    /// <summary>A configuration of the entry named last, with the test values of seeds 0, 1, … and one validation value.</summary>
    public ExampleSweep Completed(
        double[] test,
        double? validation = null,
        int index = 0,
        string device = "cpu:0",
        double seconds = 60,
        long trainable = 1000,
        long peak = 1_000_000,
        Configuration? configuration = null)
    {
        for (var seed = 0; seed < test.Length; seed++)
        {
            Add(index, seed, TrialState.Completed, row => row with
            {
                Device = device,
                Node = "here",
                Attempt = 1,
                Step = 200,
                Elapsed = TimeSpan.FromSeconds(seconds),
                Result = new TrialResult
                {
                    Metrics = ImmutableSortedDictionary<string, double>.Empty
                        .Add($"validation_{metric}", validation ?? test[seed])
                        .Add($"test_{metric}", test[seed]),
                    Steps = 200,
                    TrainableParameters = trainable,
                    TotalParameters = trainable + 90_000,
                    PeakMemoryBytes = peak,
                },
            }, configuration);
        }

        return this;
    }

    public ExampleSweep Failed(FailureCause cause, string message, int index = 0, int seed = 0) =>
        Add(index, seed, TrialState.Failed, row => OnDevice(row, step: 40) with { Cause = cause, Message = message });

    public ExampleSweep Unfinished(TrialState state, int index = 0, int seed = 0, int step = 0) =>
        Add(index, seed, state, row => state == TrialState.Running ? OnDevice(row, step) : row);

    private static TrialRow OnDevice(TrialRow row, int step) => row with { Attempt = 1, Step = step, Device = "cpu:1", Node = "here" };

    public ExampleSweep Prepared(string preparation)
    {
        _trials.Add(new TrialRow
        {
            Trial = new TrialId(_trials.Count + 1),
            Work = new TrialWork.Prepare(preparation),
            State = TrialState.Completed,
            Attempt = 1,
            Elapsed = TimeSpan.FromSeconds(9),
            Result = new TrialResult(),
        });
        return this;
    }

    private ExampleSweep Add(
        int index, int seed, TrialState state, Func<TrialRow, TrialRow> with, Configuration? configuration = null)
    {
        configuration ??= new Configuration(
        [
            new("rank", new ParameterValue.Integer(4 << index)),
            new("learning_rate", new ParameterValue.Real(0.0005 * (index + 1))),
        ]);
        _trials.Add(with(new TrialRow
        {
            Trial = new TrialId(_trials.Count + 1),
            Work = new TrialWork.Train(0, _entries[^1], index, configuration, seed, Seed: 99),
            State = state,
        }));
        return this;
    }
}

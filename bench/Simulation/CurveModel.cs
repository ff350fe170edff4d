using Experiments.Samplers;
using Experiments.Simulation;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Bench.Simulation;

/// <summary>Trials whose values are a family's curves, an epoch a step, each of a second.</summary>
internal sealed class CurveModel(CurveFamily family, ulong seed) : ITrialModel
{
    public int Steps(TrialWork work) => CurveFamily.Epochs;

    public TimeSpan StepTime(TrialWork work) => TimeSpan.FromSeconds(1);

    public double Value(TrialId trial, TrialWork.Train work, int step) =>
        family.Observed(seed, trial.Number, work.Configuration, step);
}

/// <summary>The shared configurations of a family, one at a time.</summary>
internal sealed class SharedConfigurations(CurveFamily family, ulong seed) : ISampler
{
    public bool UsesHistory => true;

    public Configuration? Suggest(SearchSpace space, IReadOnlyList<Observation> history, int index, ulong entrySeed) =>
        family.Shared(seed, index);

    public long? Count(SearchSpace space) => null;
}

/// <summary>One method, which trains for as many steps as a curve has epochs.</summary>
internal sealed class CurveCatalogue : ICatalogue
{
    public const string Method = "curve";

    public IReadOnlyList<MethodDescription> Methods { get; } =
        [new(Method, "", "", [], [], ComposesExperts: false, Trains: true)];

    public IReadOnlyList<TaskDescription> Tasks => [];

    public IReadOnlyList<BaseDescription> Bases => [];

    public IReadOnlyList<OptionDescription> TrainingOptions { get; } =
        [new("steps", OptionKind.Integer, new ParameterValue.Integer(CurveFamily.Epochs), 1, null, [], "")];

    public IReadOnlyList<PreparationDescription> PreparationsOf(string task, string size, string baseModel) => [];
}

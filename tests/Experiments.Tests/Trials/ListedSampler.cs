using Experiments.Samplers;
using Experiments.Sweeps;

namespace Experiments.Tests.Trials;

/// <summary>Lists the choices of a space's only parameter, or draws 0, 1, 2, … from a space without any.</summary>
internal sealed class ListedSampler : ISampler
{
    public Configuration? Suggest(SearchSpace space, IReadOnlyList<Observation> history, int index, ulong seed) =>
        space.Parameters.Count == 0 ? Value("draw", new ParameterValue.Integer(index))
        : space.Parameters[0] is { Domain: Domain.Choice choice } && index < choice.Choices.Count
            ? Value(space.Parameters[0].Name, choice.Choices[index])
            : null;

    public long? Count(SearchSpace space) =>
        space.Parameters.Count == 0 ? null : ((Domain.Choice)space.Parameters[0].Domain).Choices.Count;

    public static Configuration Value(string name, ParameterValue value) => new([KeyValuePair.Create(name, value)]);
}

/// <summary>Draws the number of earlier configurations that have a value, and is out of ideas after some.</summary>
/// <param name="ideas">How many configurations it has.</param>
/// <param name="isSlow">Whether it takes long.</param>
internal sealed class LearningSampler(int ideas, bool isSlow = false) : ISampler
{
    public List<IReadOnlyList<Observation>> Seen { get; } = [];

    public bool UsesHistory => true;

    public bool IsSlow => isSlow;

    public Configuration? Suggest(SearchSpace space, IReadOnlyList<Observation> history, int index, ulong seed)
    {
        if (index >= ideas)
            return null;

        Seen.Add([.. history]);
        return ListedSampler.Value("known", new ParameterValue.Integer(history.Count(each => each.Value is not null)));
    }

    public long? Count(SearchSpace space) => null;
}

/// <summary>Knows which preparations a task needs, that every method but <c>base</c> trains, and for how many steps.</summary>
internal sealed class PreparationCatalogue(IReadOnlyDictionary<string, PreparationDescription[]> byTask) : ICatalogue
{
    public IReadOnlyList<MethodDescription> Methods { get; } =
    [
        .. new[] { "base", "expert", "full", "lora", "mole" }.Select(id =>
            new MethodDescription(id, "", "", [], [], ComposesExperts: id == "mole", Trains: id != "base")),
    ];

    public IReadOnlyList<TaskDescription> Tasks => [];

    public IReadOnlyList<BaseDescription> Bases => [];

    public IReadOnlyList<OptionDescription> TrainingOptions { get; } =
    [
        new("steps", OptionKind.Integer, new ParameterValue.Integer(SimulatedWorker.Steps), 1, null, [], ""),
        new("learning_rate", OptionKind.Real, new ParameterValue.Real(1e-3), 0, null, [], "", IsMutable: true),
    ];

    public IReadOnlyList<PreparationDescription> PreparationsOf(string task, string size, string baseModel) =>
        byTask.TryGetValue(task, out var preparations) ? preparations : [];
}

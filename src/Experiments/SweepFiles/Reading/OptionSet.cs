using Experiments.Sweeps;

namespace Experiments.SweepFiles.Reading;

/// <summary>All options that a method entry may set: the method's, the trainer's, the task's. A name belongs to the first
/// of them that has it.</summary>
internal sealed class OptionSet
{
    private readonly Dictionary<string, (OptionDescription Option, string Owner)> _known = new(StringComparer.Ordinal);
    private readonly MethodDescription _method;
    private readonly IReadOnlyList<OptionDescription> _training;

    /// <summary>The task is null where the file names no known one: then a name that is not here may still be right.</summary>
    public OptionSet(MethodDescription method, TaskDescription? task, IReadOnlyList<OptionDescription> training)
    {
        (_method, _training, IsWhole) = (method, training, task is not null);
        Add(method.Options, $"method '{method.Id}'");
        if (method.Trains)
            Add(training, "the training");
        if (task is not null)
            Add(task.Options, $"task '{task.Id}'");
    }

    /// <summary>Whether a name that is not known here is surely wrong.</summary>
    public bool IsWhole { get; }

    public IEnumerable<string> Names => _known.Keys;

    public OptionDescription? Find(string name) => _known.TryGetValue(name, out var known) ? known.Option : null;

    /// <summary>How messages call an option: <c>'rank' of method 'lora'</c>.</summary>
    public string Describe(string name) => $"'{name}' of {_known[name].Owner}";

    /// <summary>Reports a name that is not known here.</summary>
    public void Complain(SourceScalar key, Problems problems)
    {
        if (!_method.Trains && _training.Any(option => option.Name == key.Text))
            problems.Add(key.Mark, $"method '{_method.Id}' trains nothing, so '{key.Text}' means nothing to it.");
        else if (ForeignWords.Option(key.Text, Names) is { } here)
            problems.Add(key.Mark, $"'{key.Text}' is called '{here}' here.");
        else if (key.Text == "<<")
            problems.Add(key.Mark, "merge keys are not supported; put what methods share under 'parameters'.");
        else
            problems.Add(key.Mark, $"unknown option '{key.Text}' of method '{_method.Id}'.{NearestName.Question(key.Text, Names)}", Hint);
    }

    /// <summary>What could be set, for the line under the mistake.</summary>
    public string Hint => _method.Options.Count == 0
        ? $"method '{_method.Id}' has no options of its own"
        : $"options: {string.Join(", ", _method.Options.Select(option => option.Name).Order(StringComparer.Ordinal))}";

    private void Add(IEnumerable<OptionDescription> options, string owner)
    {
        foreach (var option in options)
            _known.TryAdd(option.Name, (option, owner));
    }
}

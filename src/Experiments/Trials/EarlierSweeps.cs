using Experiments.Storage;
using Experiments.Sweeps;

namespace Experiments.Trials;

/// <summary>
/// What earlier sweeps found that a sweep's samplers can learn from: configurations of the same method on the same task, base
/// and metric that came to something, completed or pruned, and that are of the new space. A parameter that only one of the two
/// sweeps names has its default in the other.
/// </summary>
public static class EarlierSweeps
{
    /// <summary>Training options that change what is recorded of a trial, and not what it comes to.</summary>
    private static readonly string[] _ofRecording = ["report_every", "evaluate_every", "checkpoint_every"];

    /// <summary>Goes through the sweeps that a specification names.</summary>
    /// <param name="spec">The new sweep.</param>
    /// <param name="catalogue">Knows the defaults of options.</param>
    /// <param name="store">Where the earlier sweeps are.</param>
    /// <returns>Null where the specification names none.</returns>
    /// <exception cref="SpecException">When one of them is not there, or has nothing that fits.</exception>
    public static SweepEvent.HistoryImported? Find(SweepSpec spec, ICatalogue catalogue, IExperimentStore store)
    {
        if (spec.Sampler.WarmStart.Count == 0)
            return null;

        var known = store.Sweeps().Select(sweep => sweep.Name).ToList();
        var histories = new List<ImportedHistory>();
        foreach (var name in spec.Sampler.WarmStart)
        {
            if (!known.Contains(name))
                throw new SpecException($"sampler: warm_start: the store has no sweep '{name}'.{NearestName.Question(name, known)}");

            var found = Of(name, spec, catalogue, store).ToList();
            if (found.Sum(history => history.Observations.Count) == 0)
            {
                var why = found.Count == 0
                    ? ": it shares no method, task and metric with it."
                    : $"; {found.Sum(each => each.LeftOut)} do not.";
                throw new SpecException($"sampler: warm_start: '{name}' has no completed configuration that fits this sweep{why}");
            }

            histories.AddRange(found);
        }

        return new SweepEvent.HistoryImported([.. Numbered(histories)]);
    }

    /// <summary>What was taken over, as a sentence.</summary>
    public static string Say(ImportedHistory history) =>
        $"{history.Entry} learns from {history.Observations.Count} configurations of {history.Sweep}"
        + (history.LeftOut == 0 ? "." : $"; {history.LeftOut} are not in its space.");

    private static IEnumerable<ImportedHistory> Of(string name, SweepSpec spec, ICatalogue catalogue, IExperimentStore store)
    {
        var earlier = Judged(store.SpecOf(name), spec);
        var entries = Replayed(name, earlier, catalogue, store);
        for (var block = 0; block < spec.Tasks.Count; block++)
        {
            var task = spec.Tasks[block];
            foreach (var entry in task.Methods)
            {
                var same = entries.Where(each => IsSame(earlier.Tasks[each.Block], task) && IsSame(each.Entry, entry)).ToList();
                if (same.Count == 0)
                    continue;

                var ended = same.SelectMany(each => each.Configurations.Zip(each.History))
                    .Where(each => each.First.HasEnded && each.Second.Value is not null)
                    .Select(each => (each.Second, Within(entry.Space, each.Second.Configuration, Defaults(entry, task, catalogue))))
                    .ToList();
                var taken = ended.Where(each => each.Item2 is not null)
                    .Select(each => each.Item1 with { Configuration = each.Item2! })
                    .ToList();
                yield return new ImportedHistory(name, block, entry.Name, [.. taken], ended.Count - taken.Count);
            }
        }
    }

    /// <summary>The earlier sweep with the objectives and constraints by which the new one judges.</summary>
    private static SweepSpec Judged(SweepSpec earlier, SweepSpec spec) => earlier with
    {
        Tasks = [.. earlier.Tasks.Select(block => spec.Tasks.FirstOrDefault(now => IsSame(block, now)) is { } judge
            ? block with { Objectives = judge.Objectives, OutcomeConstraints = judge.OutcomeConstraints }
            : block)],
    };

    private static IReadOnlyList<PlannedEntry> Replayed(string name, SweepSpec earlier, ICatalogue catalogue, IExperimentStore store)
    {
        var entries = PlannedEntry.Order(earlier, catalogue);
        foreach (var row in store.Trials(name))
        {
            if (row.Work is not TrialWork.Train train)
                continue;

            var entry = entries.First(each => each.Block == train.Block && each.Entry.Name == train.Entry);
            entry.Register(row.Trial, train);
            foreach (var measured in row.State is TrialState.Completed or TrialState.Pruned ? store.Metrics(name, row.Trial) : [])
            {
                if (entry.ValueOf(measured.Values) is { } value)
                    entry.Measure(train, measured.Step, value);
            }

            if (row.State is TrialState.Completed or TrialState.Pruned or TrialState.Failed or TrialState.Cancelled or TrialState.Invalid)
                entry.Observe(train, row.Result, row.Elapsed, counts: row.State == TrialState.Pruned);
        }

        return entries;
    }

    private static bool IsSame(TaskBlock one, TaskBlock other) =>
        (one.Task, one.Size, one.Base, one.Metric, one.Maximize) == (other.Task, other.Size, other.Base, other.Metric, other.Maximize)
        && (one.Command?.TakesBest, one.Command?.Environment) == (other.Command?.TakesBest, other.Command?.Environment);

    private static bool IsSame(MethodEntry one, MethodEntry other) => one.Method == other.Method && one.Command == other.Command;

    private static Dictionary<string, ParameterValue> Defaults(MethodEntry entry, TaskBlock block, ICatalogue catalogue)
    {
        IEnumerable<OptionDescription> options = block.Command is not null ? [] :
        [
            .. catalogue.Methods.Where(method => method.Id == entry.Method).SelectMany(method => method.Options),
            .. catalogue.TrainingOptions,
            .. catalogue.Tasks.Where(task => task.Id == block.Task).SelectMany(task => task.Options),
        ];
        return options.Where(option => option.Default is not null).DistinctBy(option => option.Name)
            .ToDictionary(option => option.Name, option => option.Default!);
    }

    /// <summary>The configuration as one of a space; null where it is none, or differs in something that the space has not.</summary>
    private static Configuration? Within(SearchSpace space, Configuration earlier, Dictionary<string, ParameterValue> defaults)
    {
        var values = new Dictionary<string, ParameterValue>(StringComparer.Ordinal);
        foreach (var parameter in space.Parameters)
        {
            if (!parameter.When.All(condition => condition.HoldsIn(values)))
                continue;
            if (ValueOf(parameter, earlier, defaults) is not { } value)
                return null;
            values.Add(parameter.Name, value);
        }

        var differs = earlier.Values.Any(pair => !values.ContainsKey(pair.Key) && !_ofRecording.Contains(pair.Key)
            && !pair.Value.Equals(defaults.GetValueOrDefault(pair.Key)));
        var within = new Configuration(values);
        return !differs && space.Admits(within) ? within : null;
    }

    private static ParameterValue? ValueOf(Parameter parameter, Configuration earlier, Dictionary<string, ParameterValue> defaults)
    {
        if (parameter.Domain is Domain.Fixed only && _ofRecording.Contains(parameter.Name))
            return only.Value;
        var value = earlier.Values.GetValueOrDefault(parameter.Name) ?? defaults.GetValueOrDefault(parameter.Name);
        return value is not null && Contains(parameter.Domain, value) ? value : null;
    }

    private static bool Contains(Domain domain, ParameterValue value) => Axis.OfDraws(domain) is { } axis
        ? axis.PositionOf(value) >= 0
        : domain is Domain.Float range && value is ParameterValue.Real { Value: var real } && real >= range.Low && real <= range.High;

    /// <summary>The observations of each entry with indices that end at -1.</summary>
    private static IEnumerable<ImportedHistory> Numbered(List<ImportedHistory> histories)
    {
        var left = histories.GroupBy(history => (history.Block, history.Entry))
            .ToDictionary(group => group.Key, group => group.Sum(history => history.Observations.Count));
        foreach (var history in histories)
        {
            var first = -left[(history.Block, history.Entry)];
            left[(history.Block, history.Entry)] -= history.Observations.Count;
            yield return history with
            {
                Observations = [.. history.Observations.Select((each, number) => each with { Index = first + number })],
            };
        }
    }
}

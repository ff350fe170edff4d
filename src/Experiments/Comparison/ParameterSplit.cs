using System.Collections.Immutable;
using System.Globalization;
using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Experiments.Comparison;

/// <summary>
/// A sweep seen by one parameter: every entry that was tried with several of its values becomes an entry for each of them, so that a
/// comparison says what each value is worth, and not only which one was chosen. Numbers come in their order.
/// </summary>
/// <param name="Spec">The sweep with these entries and without claims, which are about whole ones. Where the reference was split, its
/// first value is the reference.</param>
/// <param name="Trials">The trials, under their new entries.</param>
public sealed record ParameterSplit(SweepSpec Spec, IReadOnlyList<TrialRow> Trials)
{
    /// <summary>Splits the entries of a sweep.</summary>
    /// <param name="spec">The sweep.</param>
    /// <param name="trials">Its trials.</param>
    /// <param name="parameter">Name of the parameter.</param>
    /// <returns>Null where no entry was tried with several values of it.</returns>
    public static ParameterSplit? By(SweepSpec spec, IReadOnlyList<TrialRow> trials, string parameter)
    {
        var byEntry = TriedConfiguration.ByEntry(trials);
        var values = byEntry.ToDictionary(entry => entry.Key, entry => ValuesOf(entry, parameter));
        if (values.Values.All(each => each.Length < 2))
            return null;

        var reference = spec.Tasks
            .SelectMany((block, index) => Split(index, block).Where(split => split.Whole == spec.Compare.Reference))
            .Select(split => split.Entry.Name)
            .FirstOrDefault(spec.Compare.Reference);
        return new ParameterSplit(
            spec with
            {
                Tasks = [.. spec.Tasks.Select((block, index) =>
                    block with { Methods = [.. Split(index, block).Select(split => split.Entry)] })],
                Compare = spec.Compare with { Reference = reference, Claims = [] },
            },
            [.. trials.Select(Renamed)]);

        IEnumerable<(string Whole, MethodEntry Entry)> Split(int block, TaskBlock of) =>
            from entry in of.Methods
            from name in IsSplit(block, entry.Name)
                ? values[(block, entry.Name)].Select(value => NameOf(entry.Name, value))
                : [entry.Name]
            select (entry.Name, entry with { Name = name });

        bool IsSplit(int block, string entry) => values.TryGetValue((block, entry), out var several) && several.Length > 1;

        TrialRow Renamed(TrialRow trial) => trial.Work is TrialWork.Train train && IsSplit(train.Block, train.Entry)
            ? trial with { Work = train with { Entry = NameOf(train.Entry, ValueOf(trial, parameter)) } }
            : trial;

        string NameOf(string entry, ParameterValue? value) =>
            value is null ? $"{entry} no {parameter}" : $"{entry} {parameter} {Text(value)}";
    }

    private static ImmutableArray<ParameterValue?> ValuesOf(IEnumerable<TrialRow> trials, string parameter) =>
        [.. trials.Select(trial => ValueOf(trial, parameter)).DistinctBy(Text).OrderBy(Number)];

    /// <summary>Null where a condition leaves it out.</summary>
    private static ParameterValue? ValueOf(TrialRow trial, string parameter) =>
        ((TrialWork.Train)trial.Work).Configuration.Values.GetValueOrDefault(parameter);

    /// <summary>Numbers that look alike in a table are one.</summary>
    private static string? Text(ParameterValue? value) =>
        value is ParameterValue.Real real ? real.Value.ToString("G4", CultureInfo.InvariantCulture) : value?.ToString();

    private static double Number(ParameterValue? value) => value switch
    {
        ParameterValue.Integer whole => whole.Value,
        ParameterValue.Real real => real.Value,
        _ => 0,
    };
}

using System.Collections.Immutable;
using Experiments.Sweeps;

namespace Experiments.Reports;

/// <summary>
/// The values that all configurations of a table have in common: said once beneath it, so that its rows show what tells
/// them apart. A configuration without any values, as the untouched base has, takes no part.
/// </summary>
internal sealed class SharedValues
{
    private readonly ImmutableSortedDictionary<string, ParameterValue> _values;

    private SharedValues(ImmutableSortedDictionary<string, ParameterValue> values) => _values = values;

    /// <summary>The sentence beneath the table; none where nothing is shared.</summary>
    public ImmutableArray<string> Notes => _values.IsEmpty ? [] : [$"The same in all: {Text(_values)}."];

    /// <summary>What the configurations share. Of one configuration alone nothing is: all of it is worth showing.</summary>
    public static SharedValues Of(IEnumerable<Configuration> configurations)
    {
        Configuration[] distinct = [.. configurations.Where(configuration => !configuration.Values.IsEmpty).Distinct()];
        return new SharedValues(distinct is [var first, _, ..]
            ? first.Values.RemoveRange(first.Values.Keys.Where(name => !distinct.All(other => Has(other, name, first.Values[name]))))
            : ImmutableSortedDictionary<string, ParameterValue>.Empty);
    }

    /// <summary>The values of a configuration that are not shared: <c>rank 8 · learning_rate 0.0003</c>.</summary>
    public string Others(Configuration configuration) =>
        Text(configuration.Values.Where(value => !_values.ContainsKey(value.Key)));

    private static bool Has(Configuration configuration, string name, ParameterValue value) =>
        configuration.Values.TryGetValue(name, out var own) && own.Equals(value);

    private static string Text(IEnumerable<KeyValuePair<string, ParameterValue>> values) =>
        string.Join(" · ", values.Select(value => $"{value.Key} {Text(value.Value)}"));

    private static string Text(ParameterValue value) =>
        value is ParameterValue.Real real ? Digits.Short(real.Value) : value.ToString()!;
}

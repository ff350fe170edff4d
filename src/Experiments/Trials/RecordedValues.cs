using System.Collections.Immutable;

namespace Experiments.Trials;

/// <summary>The values that a live trial has recorded, so that a retry which comes by the same steps records nothing twice.
/// Compact, for thousands of trials may rest at a rung.</summary>
internal sealed class RecordedValues
{
    private readonly List<Recorded> _values = []; // in order, and mostly they come in order

    public void Add(int step, ImmutableSortedDictionary<string, double> values)
    {
        foreach (var (name, value) in values)
        {
            var place = _values.BinarySearch(new Recorded(step, name, value));
            if (place >= 0)
                throw new InvalidOperationException($"{name} at step {step} is recorded already.");
            _values.Insert(~place, new Recorded(step, name, value));
        }
    }

    /// <summary>The last value of each name.</summary>
    /// <param name="upTo">The last step that counts.</param>
    public ImmutableSortedDictionary<string, double> Last(int upTo = int.MaxValue)
    {
        var last = ImmutableSortedDictionary.CreateBuilder<string, double>(StringComparer.Ordinal);
        foreach (var (_, name, value) in _values.TakeWhile(recorded => recorded.Step <= upTo))
            last[name] = value;
        return last.ToImmutable();
    }

    /// <summary>All values of a step.</summary>
    public ImmutableSortedDictionary<string, double> At(int step) => _values.Where(recorded => recorded.Step == step)
        .ToImmutableSortedDictionary(recorded => recorded.Name, recorded => recorded.Value, StringComparer.Ordinal);

    /// <summary>Every step with a value, in order.</summary>
    public IEnumerable<int> Steps => _values.Select(recorded => recorded.Step).Distinct();

    /// <summary>Those of the values that are not recorded yet; the first that is recorded differently comes as a contradiction.</summary>
    public ImmutableSortedDictionary<string, double> New(
        int step, ImmutableSortedDictionary<string, double> values, out string? contradiction)
    {
        contradiction = null;
        var fresh = values;
        foreach (var (name, value) in values)
        {
            var place = _values.BinarySearch(new Recorded(step, name, value));
            if (place < 0)
                continue;

            fresh = fresh.Remove(name);
            var recorded = _values[place].Value;
            if (!recorded.Equals(value)) // Equals, so that NaN agrees with NaN
                contradiction ??= FormattableString.Invariant($"{name} at step {step} is {value:R} now and was {recorded:R} before.");
        }

        return fresh;
    }

    /// <summary>A value of a step, found by the step and the name.</summary>
    private readonly record struct Recorded(int Step, string Name, double Value) : IComparable<Recorded>
    {
        public int CompareTo(Recorded other) =>
            Step != other.Step ? Step.CompareTo(other.Step) : string.CompareOrdinal(Name, other.Name);
    }
}

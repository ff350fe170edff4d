using System.Collections.Immutable;

namespace Experiments.Trials;

/// <summary>The values that a live trial has recorded, so that a retry which comes by the same steps records nothing twice.</summary>
internal sealed class RecordedValues
{
    private readonly Dictionary<string, Dictionary<int, double>> _byName = new(StringComparer.Ordinal);

    public void Add(int step, ImmutableSortedDictionary<string, double> values)
    {
        foreach (var (name, value) in values)
        {
            if (!_byName.TryGetValue(name, out var curve))
                _byName[name] = curve = [];
            if (!curve.TryAdd(step, value))
                throw new InvalidOperationException($"{name} at step {step} is recorded already.");
        }
    }

    /// <summary>Those of the values that are not recorded yet; the first that is recorded differently comes as a contradiction.</summary>
    public ImmutableSortedDictionary<string, double> New(
        int step, ImmutableSortedDictionary<string, double> values, out string? contradiction)
    {
        contradiction = null;
        var fresh = values;
        foreach (var (name, value) in values)
        {
            if (!_byName.TryGetValue(name, out var curve) || !curve.TryGetValue(step, out var recorded))
                continue;

            fresh = fresh.Remove(name);
            if (!recorded.Equals(value)) // Equals, so that NaN agrees with NaN
                contradiction ??= FormattableString.Invariant($"{name} at step {step} is {value:R} now and was {recorded:R} before.");
        }

        return fresh;
    }
}

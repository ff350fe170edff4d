using System.Numerics;
using System.Runtime.CompilerServices;
using Experiments.Sweeps;

namespace Experiments.Samplers;

/// <summary>
/// The configurations of a space in mixed-radix order: parameters as declared, the last one fastest. A parameter whose
/// condition does not hold has no digit, so it multiplies only the branch that has it. Any configuration is found by its
/// number without going through those before. Constraints leave gaps, which are closed by going through all of them once.
/// </summary>
internal sealed class GridSpace
{
    /// <summary>Stands for every value of a parent that no condition names: they all have the same configurations below.</summary>
    private const long AnyOther = -1;

    private const long Absent = -2;

    /// <summary>Configurations that are gone through where constraints leave some of them out: well under a second.</summary>
    private const int MostFiltered = 1 << 18;

    private static readonly ConditionalWeakTable<SearchSpace, GridSpace> _ofValues = [];
    private static readonly ConditionalWeakTable<SearchSpace, GridSpace> _ofDraws = [];

    private readonly Parameter[] _parameters;
    private readonly Axis[] _axes;

    /// <summary>For each parameter, the positions of its values that later conditions name, ascending; null for no parent.</summary>
    private readonly long[]?[] _named;

    /// <summary>For each parameter, its conditions as (parent, allowed positions).</summary>
    private readonly (int Parent, HashSet<long> Allowed)[][] _conditions;

    private readonly Dictionary<string, BigInteger> _counts = new(StringComparer.Ordinal);

    /// <summary>Numbers of the configurations that the constraints admit; null where there are none, or it is too long.</summary>
    private readonly int[]? _admitted;

    private GridSpace(SearchSpace space, Axis[] axes)
    {
        Parameter[] parameters = _parameters = [.. space.Parameters];
        _axes = axes;
        _conditions = [.. parameters.Select(parameter => parameter.When.Select(PositionsOf).ToArray())];
        _named = new long[]?[axes.Length];
        foreach (var parent in _conditions.SelectMany(conditions => conditions).GroupBy(condition => condition.Parent))
            _named[parent.Key] = [.. parent.SelectMany(condition => condition.Allowed).Distinct().Order()];
        All = CountFrom(0, new long[axes.Length]);
        if (space.Constraints.Count > 0 && All <= MostFiltered)
            _admitted = [.. Listed().Index().Where(each => space.Broken(each.Item) is null).Select(each => each.Index)];
        IsFiltered = space.Constraints.Count == 0 || _admitted is not null;
    }

    /// <summary>How many configurations there would be without constraints.</summary>
    public BigInteger All { get; }

    /// <summary>Whether the configurations here are those that the constraints admit; else there are too many to go through,
    /// and these are all.</summary>
    public bool IsFiltered { get; }

    /// <summary>How many configurations there are.</summary>
    public BigInteger Count => _admitted?.Length ?? All;

    /// <summary>What a grid goes through: null where one of the parameters has no values to go through.</summary>
    public static GridSpace? OfValues(SearchSpace space) => Of(space, Axis.Of, _ofValues);

    /// <summary>What can be drawn: null where one of the parameters is a continuous range.</summary>
    public static GridSpace? OfDraws(SearchSpace space) => Of(space, Axis.OfDraws, _ofDraws);

    /// <summary>The configuration of a number from 0 to <see cref="Count"/> - 1.</summary>
    public Configuration this[BigInteger number]
    {
        get
        {
            if (_admitted is not null)
                number = _admitted[(int)number];
            var chosen = new long[_axes.Length];
            var values = new List<KeyValuePair<string, ParameterValue>>();
            for (var i = 0; i < _axes.Length; i++)
            {
                if (!IsActive(i, chosen))
                {
                    chosen[i] = Absent;
                    continue;
                }

                var position = Digit(i, chosen, ref number);
                values.Add(new(_parameters[i].Name, _axes[i][position]));
            }

            return new Configuration(values);
        }
    }

    /// <summary>The same space is asked for at every suggestion, so it is kept as long as the space is.</summary>
    private static GridSpace? Of(
        SearchSpace space, Func<Domain, Axis?> axisOf, ConditionalWeakTable<SearchSpace, GridSpace> known)
    {
        if (known.TryGetValue(space, out var grid))
            return grid;
        var axes = space.Parameters.Select(parameter => axisOf(parameter.Domain)).ToArray();
        return axes.Contains(null) ? null : known.GetValue(space, _ => new GridSpace(space, axes!));
    }

    /// <summary>The values of every configuration in the order of numbers, in a dictionary that changes from one to the next.</summary>
    private IEnumerable<IReadOnlyDictionary<string, ParameterValue>> Listed()
    {
        var values = new Dictionary<string, ParameterValue>(StringComparer.Ordinal);
        return From(0);

        IEnumerable<IReadOnlyDictionary<string, ParameterValue>> From(int i)
        {
            if (i == _axes.Length)
            {
                yield return values;
                yield break;
            }

            var parameter = _parameters[i];
            var isActive = parameter.When.All(condition => condition.HoldsIn(values));
            for (var position = 0L; position < (isActive ? _axes[i].Count : 1); position++)
            {
                if (isActive)
                    values[parameter.Name] = _axes[i][position];
                foreach (var listed in From(i + 1))
                    yield return listed;
            }

            values.Remove(parameter.Name);
        }
    }

    private (int Parent, HashSet<long> Allowed) PositionsOf(Condition condition)
    {
        var parent = 0;
        while (_parameters[parent].Name != condition.Parent)
            parent++;
        return (parent, [.. condition.Values.Select(_axes[parent].PositionOf).Where(position => position >= 0)]);
    }

    private bool IsActive(int parameter, long[] chosen) =>
        Array.TrueForAll(_conditions[parameter], condition => condition.Allowed.Contains(chosen[condition.Parent]));

    /// <summary>Takes the digit of a parameter off the number, and notes what later conditions see of it.</summary>
    private long Digit(int i, long[] chosen, ref BigInteger number)
    {
        var start = 0L;
        foreach (var named in _named[i] ?? [])
        {
            if (TryRun(i, AnyOther, named - start, chosen, ref number, out var within))
                return start + within;
            if (TryRun(i, named, 1, chosen, ref number, out _))
                return named;
            start = named + 1;
        }

        chosen[i] = AnyOther;
        var each = CountFrom(i + 1, chosen);
        var position = BigInteger.DivRem(number, each, out number);
        return start + (long)position;
    }

    /// <summary>Whether the number falls into a run of values that have equally many configurations below; else it is
    /// lowered by those of the run.</summary>
    private bool TryRun(int i, long choice, long length, long[] chosen, ref BigInteger number, out long within)
    {
        chosen[i] = choice;
        within = 0;
        if (length == 0)
            return false;

        var each = CountFrom(i + 1, chosen);
        if (number >= each * length)
        {
            number -= each * length;
            return false;
        }

        within = (long)BigInteger.DivRem(number, each, out number);
        return true;
    }

    /// <summary>Configurations of the parameters from the i-th on, after the choices before it.</summary>
    private BigInteger CountFrom(int i, long[] chosen)
    {
        if (i == _axes.Length)
            return 1;

        var parents = Enumerable.Range(0, i).Where(parent => _named[parent] is not null);
        var key = $"{i}:{string.Join(',', parents.Select(parent => chosen[parent]))}";
        if (_counts.TryGetValue(key, out var known))
            return known;

        BigInteger count;
        if (!IsActive(i, chosen))
        {
            chosen[i] = Absent;
            count = CountFrom(i + 1, chosen);
        }
        else if (_named[i] is { } named)
        {
            chosen[i] = AnyOther;
            count = (_axes[i].Count - named.Length) * CountFrom(i + 1, chosen);
            foreach (var position in named)
            {
                chosen[i] = position;
                count += CountFrom(i + 1, chosen);
            }
        }
        else
        {
            count = _axes[i].Count * CountFrom(i + 1, chosen);
        }

        return _counts[key] = count;
    }
}

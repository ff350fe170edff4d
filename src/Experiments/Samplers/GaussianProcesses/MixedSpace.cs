using Experiments.Sweeps;

namespace Experiments.Samplers.GaussianProcesses;

/// <summary>
/// A search space as coordinates. A point has a place for every parameter, also for one whose condition does not hold; the
/// kernel sees such a parameter in the middle of its range, or as a category of its own, and for each condition of reals
/// a code that says whether it holds.
/// </summary>
internal sealed class MixedSpace
{
    private const double Absent = -1;

    private readonly EquatableArray<Parameter> _parameters;
    private readonly Coordinate[] _coordinates;

    /// <summary>For each parameter, its conditions as (parent, places at which the condition holds).</summary>
    private readonly (int Parent, double[] Places)[][] _conditions;

    private readonly int[] _reals;
    private readonly int[] _categories;

    /// <summary>One parameter of each group of reals that the same conditions decide on.</summary>
    private readonly int[] _indicators;

    /// <summary>The coordinates of a space.</summary>
    public MixedSpace(SearchSpace space)
    {
        _parameters = space.Parameters;
        _coordinates = [.. _parameters.Select(parameter => new Coordinate(parameter.Domain))];
        _conditions = [.. _parameters.Select(parameter => parameter.When.Select(PlacesOf).ToArray())];

        var varying = Enumerable.Range(0, _coordinates.Length).Where(i => _coordinates[i].Count > 1).ToList();
        _reals = [.. varying.Where(i => _coordinates[i].Scale != Scale.Categorical)];
        _categories = [.. varying.Where(i => _coordinates[i].Scale == Scale.Categorical)];
        _indicators = [.. _reals.Where(i => _conditions[i].Length > 0).DistinctBy(i => _parameters[i].When)];
    }

    /// <summary>How many parameters there are.</summary>
    public int Dimension => _coordinates.Length;

    /// <summary>How many reals a kernel sees.</summary>
    public int Reals => _reals.Length;

    /// <summary>How many codes a kernel sees.</summary>
    public int Codes => _categories.Length + _indicators.Length;

    /// <summary>The parameters with a coordinate among the reals, in its order.</summary>
    public ReadOnlySpan<int> RealParameters => _reals;

    /// <summary>The coordinate of a parameter.</summary>
    public Coordinate this[int parameter] => _coordinates[parameter];

    /// <summary>Name of a parameter.</summary>
    public string NameOf(int parameter) => _parameters[parameter].Name;

    /// <summary>The places of a configuration; not a number for a parameter that it has no possible value of.</summary>
    public double[] PlacesOf(Configuration configuration)
    {
        var places = new double[Dimension];
        for (var i = 0; i < places.Length; i++)
        {
            places[i] = configuration.Values.TryGetValue(_parameters[i].Name, out var value)
                ? _coordinates[i].PlaceOf(value)
                : double.NaN;
        }

        return places;
    }

    /// <summary>The configuration at places, without the parameters whose conditions do not hold.</summary>
    public Configuration At(ReadOnlySpan<double> places)
    {
        var values = new Dictionary<string, ParameterValue>(StringComparer.Ordinal);
        for (var i = 0; i < places.Length; i++)
        {
            if (_parameters[i].When.All(condition => condition.HoldsIn(values)))
                values.Add(_parameters[i].Name, _coordinates[i][places[i]]);
        }

        return new Configuration(values);
    }

    /// <summary>Which parameters are there at these places.</summary>
    public bool[] ActiveAt(ReadOnlySpan<double> places)
    {
        var active = new bool[Dimension];
        for (var i = 0; i < active.Length; i++)
        {
            active[i] = true;
            foreach (var (parent, allowed) in _conditions[i])
                active[i] &= active[parent] && Array.IndexOf(allowed, places[parent]) >= 0;
        }

        return active;
    }

    /// <summary>The point as the kernel sees it: reals, then codes.</summary>
    public void See(ReadOnlySpan<double> places, Span<double> point)
    {
        var active = ActiveAt(places);
        var at = 0;
        foreach (var i in _reals)
            point[at++] = active[i] && !double.IsNaN(places[i]) ? _coordinates[i].ShareOf(places[i]) : 0.5;
        foreach (var i in _categories)
            point[at++] = active[i] && !double.IsNaN(places[i]) ? places[i] : Absent;
        foreach (var i in _indicators)
            point[at++] = active[i] ? 1 : 0;
    }

    private (int Parent, double[] Places) PlacesOf(Condition condition)
    {
        var parent = 0;
        while (_parameters[parent].Name != condition.Parent)
            parent++;
        return (parent, [.. condition.Values.Select(_coordinates[parent].PlaceOf)]);
    }
}

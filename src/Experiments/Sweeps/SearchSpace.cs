using System.Text.Json.Serialization;

namespace Experiments.Sweeps;

/// <summary>Parameters in order of declaration; a condition names only earlier ones.</summary>
/// <param name="Parameters">What is searched and what is fixed.</param>
/// <param name="Constraints">Rules over several parameters, all of which a configuration must keep.</param>
public sealed record SearchSpace(
    EquatableArray<Parameter> Parameters,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] EquatableArray<Constraint> Constraints = default)
{
    /// <summary>The fewest and the most steps that a parameter of that name asks for; null where none does.</summary>
    internal (long Least, long Most)? Steps => Parameters.FirstOrDefault(parameter => parameter.Name == "steps")?.Domain switch
    {
        Domain.Int range => (range.Low, range.High),
        Domain.Fixed single => Ends([single.Value]),
        Domain.Choice choice => Ends(choice.Choices),
        Domain.Ordinal ordinal => Ends(ordinal.Values),
        _ => null,
    };

    /// <summary>Whether a configuration keeps every constraint.</summary>
    public bool Admits(Configuration configuration) => Broken(configuration.Values) is null;

    private static (long, long)? Ends(EquatableArray<ParameterValue> values)
    {
        long[] whole = [.. values.OfType<ParameterValue.Integer>().Select(integer => integer.Value)];
        return whole.Length == 0 ? null : (whole.Min(), whole.Max());
    }

    /// <summary>The first constraint that values break; null where they keep all.</summary>
    internal Constraint? Broken(IReadOnlyDictionary<string, ParameterValue> values)
    {
        foreach (var constraint in Constraints)
        {
            if (!constraint.HoldsIn(values))
                return constraint;
        }

        return null;
    }
}

/// <summary>A named parameter with what it can be and when it is there at all.</summary>
/// <param name="Name">Snake-case option name.</param>
/// <param name="Domain">Its values.</param>
/// <param name="When">Conditions that must all hold for it to be active; empty for always.</param>
public sealed record Parameter(string Name, Domain Domain, EquatableArray<Condition> When = default);

/// <summary>Holds when the parent is active and has one of the values.</summary>
public sealed record Condition(string Parent, EquatableArray<ParameterValue> Values)
{
    /// <summary>Whether it holds among the values that were given to the parameters before.</summary>
    public bool HoldsIn(IReadOnlyDictionary<string, ParameterValue> values) =>
        values.TryGetValue(Parent, out var value) && Values.Contains(value);
}

/// <summary>The values of a parameter. Bounds are inclusive.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(Float), "float")]
[JsonDerivedType(typeof(Int), "int")]
[JsonDerivedType(typeof(Choice), "choice")]
[JsonDerivedType(typeof(Ordinal), "ordinal")]
[JsonDerivedType(typeof(Fixed), "fixed")]
public abstract record Domain
{
    private Domain()
    {
    }

    /// <summary>Reals between the bounds, uniform in the value or, with <paramref name="Log"/>, in its logarithm.</summary>
    /// <param name="Low">Least value.</param>
    /// <param name="High">Largest value.</param>
    /// <param name="Log">Whether values are spread evenly in their logarithm; needs a positive <paramref name="Low"/>.</param>
    /// <param name="Step">Distance of two values, counted from <paramref name="Low"/>; not with <paramref name="Log"/>.</param>
    /// <param name="Points">How many values a grid takes, both bounds among them; who draws may draw between them.</param>
    public sealed record Float(double Low, double High, bool Log = false, double? Step = null, int? Points = null) : Domain;

    /// <summary>Whole numbers between the bounds; parameters as for <see cref="Float"/>.</summary>
    public sealed record Int(long Low, long High, bool Log = false, long? Step = null, int? Points = null) : Domain;

    /// <summary>One of these.</summary>
    public sealed record Choice(EquatableArray<ParameterValue> Choices) : Domain;

    /// <summary>One of these, in an order that means something: neighbours are alike, for samplers that can use it.</summary>
    public sealed record Ordinal(EquatableArray<ParameterValue> Values) : Domain;

    /// <summary>Always this.</summary>
    public sealed record Fixed(ParameterValue Value) : Domain;
}

using System.Text.Json.Serialization;

namespace Experiments.Sweeps;

/// <summary>Parameters in order of declaration; a condition names only earlier ones.</summary>
public sealed record SearchSpace(EquatableArray<Parameter> Parameters);

/// <summary>A named parameter with what it can be and when it is there at all.</summary>
/// <param name="Name">Snake-case option name.</param>
/// <param name="Domain">Its values.</param>
/// <param name="When">Conditions that must all hold for it to be active; empty for always.</param>
public sealed record Parameter(string Name, Domain Domain, EquatableArray<Condition> When = default);

/// <summary>Holds when the parent is active and has one of the values.</summary>
public sealed record Condition(string Parent, EquatableArray<ParameterValue> Values);

/// <summary>The values of a parameter. Bounds are inclusive.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(Float), "float")]
[JsonDerivedType(typeof(Int), "int")]
[JsonDerivedType(typeof(Choice), "choice")]
[JsonDerivedType(typeof(Fixed), "fixed")]
public abstract record Domain
{
    private Domain()
    {
    }

    /// <summary>Reals between the bounds, uniform in the value or, with <paramref name="Log"/>, in its logarithm.</summary>
    public sealed record Float(double Low, double High, bool Log = false, double? Step = null, int? Points = null) : Domain;

    /// <summary>Whole numbers between the bounds.</summary>
    public sealed record Int(long Low, long High, bool Log = false, long? Step = null) : Domain;

    /// <summary>One of these.</summary>
    public sealed record Choice(EquatableArray<ParameterValue> Choices) : Domain;

    /// <summary>Always this.</summary>
    public sealed record Fixed(ParameterValue Value) : Domain;
}

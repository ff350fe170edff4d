using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Adapters.Methods;

namespace Adapters.Options;

/// <summary>
/// The options that a record declares: each settable property is one, with its initial value as default, its
/// <see cref="RangeAttribute"/> and <see cref="AllowedValuesAttribute"/> (or enum) as limits, and its documentation.
/// </summary>
public sealed class OptionSchema
{
    private static readonly ConcurrentDictionary<Type, OptionSchema> _schemas = new();

    private readonly Type _record;
    private readonly IReadOnlyDictionary<string, (Option Option, PropertyInfo Property)> _byName;

    private OptionSchema(Type record)
    {
        _record = record;
        var defaults = Activator.CreateInstance(record)!;
        _byName = record.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.CanWrite)
            .Select(property => (Option: Describe(property, defaults), Property: property))
            .ToDictionary(pair => pair.Option.Name);
        Options = [.. _byName.Values.Select(pair => pair.Option)];
    }

    /// <summary>The options in the order of their declaration.</summary>
    public IReadOnlyList<Option> Options { get; }

    /// <summary>Options that PEFT's config has a field for, with the field.</summary>
    internal IEnumerable<(string Option, PeftFieldAttribute Field)> PeftFields => _byName.Values
        .Select(pair => (pair.Option.Name, pair.Property.GetCustomAttribute<PeftFieldAttribute>()))
        .Where(pair => pair.Item2 is not null)
        .Select(pair => (pair.Name, pair.Item2!));

    /// <summary>The option of that name.</summary>
    internal Option Find(string name) => _byName[name].Option;

    /// <summary>The schema of an options record with a parameterless constructor.</summary>
    public static OptionSchema Of(
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties
            | DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] Type record) =>
        _schemas.GetOrAdd(record, type => new OptionSchema(type));

    /// <summary>Makes the record from named values; absent and null ones take their defaults.</summary>
    /// <param name="values">Values by snake-case name.</param>
    /// <param name="owner">Whose options they are, for messages: <c>method 'lora'</c>.</param>
    /// <exception cref="AdapterException">For an unknown name, a value of the wrong kind or out of its limits.</exception>
    public object Bind(JsonObject values, string owner)
    {
        var options = Activator.CreateInstance(_record)!;
        foreach (var (name, value) in values)
        {
            if (!_byName.TryGetValue(name, out var known))
                throw new AdapterException($"Unknown option '{name}' of {owner}.{NearestName.Hint(name, _byName.Keys)}");
            if (value is not null)
                known.Property.SetValue(options, OptionValue.Read(value, known.Option, known.Property.PropertyType, owner));
        }

        return options;
    }

    /// <inheritdoc cref="Bind(JsonObject, string)"/>
    /// <typeparam name="TOptions">The record.</typeparam>
    public static TOptions Bind<TOptions>(JsonObject values, string owner)
        where TOptions : class, new() => (TOptions)Of(typeof(TOptions)).Bind(values, owner);

    /// <summary>All values of a record by snake-case name, the way <see cref="Bind(JsonObject, string)"/> reads them.</summary>
    public static JsonObject Write(object options)
    {
        var values = new JsonObject();
        foreach (var (name, (_, property)) in Of(options.GetType())._byName)
            values[name] = OptionValue.Write(property.GetValue(options));
        return values;
    }

    /// <summary>How a choice is spelt as the value of an option.</summary>
    public static string Spell(Enum choice) => OptionValue.Write(choice)!.GetValue<string>();

    private static Option Describe(PropertyInfo property, object defaults)
    {
        var range = property.GetCustomAttribute<RangeAttribute>();
        return new Option(
            JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name),
            OptionValue.KindOf(property.PropertyType)
                ?? throw new NotSupportedException($"{_Name(property)} has no type that an option can have."),
            OptionValue.Write(property.GetValue(defaults)),
            range is null ? null : Convert.ToDouble(range.Minimum),
            range is null ? null : Convert.ToDouble(range.Maximum),
            property.GetCustomAttribute<ChoicesAttribute>() is { } registered ? registered.Names
                : property.GetCustomAttribute<AllowedValuesAttribute>() is { } allowed ? [.. allowed.Values.OfType<string>()]
                : OptionValue.ChoicesOf(property.PropertyType),
            Documentation.SummaryOf(property),
            property.IsDefined(typeof(MutableAttribute)));

        static string _Name(PropertyInfo property) => $"{property.DeclaringType}.{property.Name}";
    }
}

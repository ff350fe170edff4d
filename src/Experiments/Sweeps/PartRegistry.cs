using System.ComponentModel;
using System.Reflection;

namespace Experiments.Sweeps;

/// <summary>
/// Parts that classes register by attribute: id, a <see cref="DescriptionAttribute"/> as summary, and, where the only
/// constructor takes an options record, its properties as options.
/// </summary>
/// <typeparam name="TPart">What is registered.</typeparam>
internal sealed class PartRegistry<TPart> where TPart : class
{
    private readonly Dictionary<string, Type> _types = new(StringComparer.Ordinal);
    private readonly string _kind;

    /// <param name="kind">What a part is called in messages: <c>sampler</c>.</param>
    /// <param name="types">Where to look; those without an id are no parts.</param>
    /// <param name="idOf">The id that a type registers under, or null.</param>
    /// <exception cref="InvalidOperationException">When two classes register the same id.</exception>
    public PartRegistry(string kind, IEnumerable<Type> types, Func<Type, string?> idOf)
    {
        _kind = kind;
        foreach (var type in types)
        {
            if (idOf(type) is { } id && !_types.TryAdd(id, type))
                throw new InvalidOperationException($"{_types[id]} and {type} are both registered as {kind} '{id}'.");
        }

        All = [.. _types.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => Describe(pair.Key, pair.Value))];
    }

    /// <summary>Every part, sorted by id.</summary>
    public IReadOnlyList<PartDescription> All { get; }

    /// <summary>The part of that id with these options; absent ones take their defaults.</summary>
    /// <exception cref="SpecException">When the id or an option is not known.</exception>
    public TPart Create(string id, Configuration options)
    {
        if (All.FirstOrDefault(part => part.Id == id) is not { } known)
            throw new SpecException($"Unknown {_kind} '{id}'. Known: {string.Join(", ", All.Select(part => part.Id))}.");
        if (options.Values.Keys.FirstOrDefault(name => known.Options.All(option => option.Name != name)) is { } stray)
            throw new SpecException($"Unknown option '{stray}' of {_kind} '{id}'.");

        return (TPart)(OptionsOf(_types[id]) is { } record
            ? Activator.CreateInstance(_types[id], OptionRecord.Bind(record, options))!
            : Activator.CreateInstance(_types[id])!);
    }

    private static PartDescription Describe(string id, Type type) => new(
        id,
        type.GetCustomAttribute<DescriptionAttribute>()?.Description ?? "",
        OptionsOf(type) is { } record ? [.. OptionRecord.Describe(record)] : []);

    private static Type? OptionsOf(Type type) => type.GetConstructors().Single().GetParameters().SingleOrDefault()?.ParameterType;
}

using System.Reflection;
using Adapters.Options;

namespace Adapters.Methods;

/// <summary>A method as the catalogue lists it.</summary>
/// <param name="Id">Its name, for example <c>conv-lora</c>.</param>
/// <param name="Summary">One line, from its documentation.</param>
/// <param name="Source">Authors, year, arXiv id.</param>
/// <param name="Families">Base model families that it works on; empty for all.</param>
/// <param name="ComposesExperts">Whether it composes adapters that other trials trained.</param>
/// <param name="Trains">Whether it trains anything: the untouched base does not.</param>
/// <param name="StartsAt">Where an untrained adapter stands, if not at the base's output.</param>
/// <param name="Equation">What it computes, in one line.</param>
/// <param name="ParametersPerLayer">Formula of the parameters that it trains in a layer; empty where it does not go by layers.</param>
/// <param name="ParametersPerBlock">Formula of the parameters that it trains around a block; empty where there are none.</param>
/// <param name="ParametersShared">Formula of the parameters that its layers share; empty where they share none.</param>
/// <param name="SharesByKind">Whether only layers of one kind, that is of one name and shape, share them.</param>
/// <param name="Costs">What a trained adapter costs besides the base.</param>
/// <param name="CannotMerge">Why it cannot be folded into the base's weights; null where it can.</param>
/// <param name="HoldsConstant">What its gradients take as given, though it hangs on what is trained; null for nothing.</param>
/// <param name="PeftType">PEFT's name for the kind of adapter; null where PEFT has none.</param>
/// <param name="PeftSwitch">The field of PEFT's config that tells it from another of the same type.</param>
/// <param name="PeftInert">Fields of PEFT's config that change nothing in what a trained adapter computes.</param>
/// <param name="Options">Its own options.</param>
/// <param name="Method">The method itself.</param>
public sealed record RegisteredMethod(
    string Id,
    string Summary,
    string Source,
    IReadOnlyList<string> Families,
    bool ComposesExperts,
    bool Trains,
    string? StartsAt,
    string Equation,
    string ParametersPerLayer,
    string ParametersPerBlock,
    string ParametersShared,
    bool SharesByKind,
    MethodCosts Costs,
    string? CannotMerge,
    string? HoldsConstant,
    string? PeftType,
    string? PeftSwitch,
    IReadOnlyList<string> PeftInert,
    OptionSchema Options,
    IAdapterMethod Method);

/// <summary>Every class that carries <see cref="AdapterMethodAttribute"/>, found once: the only list of methods.</summary>
public static class MethodCatalogue
{
    /// <summary>All methods, sorted by id.</summary>
    public static IReadOnlyList<RegisteredMethod> All { get; } = Collect(typeof(MethodCatalogue).Assembly.GetTypes());

    /// <summary>The method of that id.</summary>
    /// <exception cref="AdapterException">When there is none, with the nearest name.</exception>
    public static RegisteredMethod Find(string id) => All.FirstOrDefault(method => method.Id == id)
        ?? throw new AdapterException($"There is no method '{id}'.{NearestName.Hint(id, All.Select(method => method.Id))}");

    /// <exception cref="InvalidOperationException">When two classes claim one id.</exception>
    internal static IReadOnlyList<RegisteredMethod> Collect(IEnumerable<Type> types)
    {
        RegisteredMethod[] methods =
        [
            .. types
                .Select(type => (type, attribute: type.GetCustomAttribute<AdapterMethodAttribute>(inherit: false)))
                .Where(pair => pair.attribute is not null)
                .Select(pair => Describe(pair.type, pair.attribute!))
                .OrderBy(method => method.Id, StringComparer.Ordinal),
        ];
        foreach (var (first, second) in methods.Zip(methods.Skip(1)))
        {
            if (first.Id == second.Id)
                throw new InvalidOperationException(
                    $"Both {first.Method.GetType()} and {second.Method.GetType()} are registered as method '{first.Id}'.");
        }

        return methods;
    }

    private static RegisteredMethod Describe(Type type, AdapterMethodAttribute attribute)
    {
        var method = (IAdapterMethod)Activator.CreateInstance(type)!;
        return new RegisteredMethod(
            attribute.Id,
            Documentation.SummaryOf(type),
            attribute.Source,
            attribute.Families,
            attribute.ComposesExperts,
            attribute.Trains,
            attribute.StartsAt,
            attribute.Equation,
            attribute.ParametersPerLayer,
            attribute.ParametersPerBlock,
            attribute.ParametersShared,
            attribute.SharesByKind,
            MethodCosts.Of(attribute),
            attribute.CannotMerge,
            attribute.HoldsConstant,
            attribute.PeftType,
            attribute.PeftSwitch,
            attribute.PeftInert,
            OptionSchema.Of(method.OptionsType),
            method);
    }
}

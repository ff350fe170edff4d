using System.Text.RegularExpressions;
using Adapters.Models;
using Adapters.Options;

namespace Adapters.Methods;

/// <summary>Which layers the options of a method mean, by PEFT's rules; but an entry that means none is refused.</summary>
internal sealed class TargetModules
{
    /// <summary>Every linear layer of the transformer blocks.</summary>
    private const string AllLinear = "all-linear";

    private readonly BaseModel _model;
    private readonly TargetOptions _options;
    private readonly string _method;
    private readonly IReadOnlyList<KeyValuePair<string, Site>> _sites;

    /// <param name="model">The base.</param>
    /// <param name="options">What is meant.</param>
    /// <param name="whole">Parameters that are trained whole: their layers are not adapted too.</param>
    /// <param name="method">The method's name, for messages.</param>
    public TargetModules(BaseModel model, TargetOptions options, IReadOnlySet<string> whole, string method)
    {
        (_model, _options, _method) = (model, options, method);
        _sites = [.. model.SitesAndParts.Where(site => !whole.Contains($"{model.WholeOf(site.Key)}.weight"))];
    }

    /// <summary>The layers in the model's order.</summary>
    /// <param name="otherwise">Names or dotted ends where the options say nothing.</param>
    /// <param name="adapts">Whether the method adapts layers of that kind.</param>
    /// <exception cref="AdapterException">When an entry means no layer, or one that the method does not adapt.</exception>
    public IReadOnlyList<Target> Select(IReadOnlyList<string> otherwise, Func<Site, bool> adapts)
    {
        if (_options is { TargetModules: not null, TargetPattern: not null })
            throw Wrong("target_pattern", $"is '{_options.TargetPattern}', but target_modules is given too; one of them says it all.");
        if (_options.TargetModules is { Count: 0 })
            throw Wrong("target_modules", "is empty, so nothing would be adapted.");

        var meant = _options.TargetPattern is { } pattern ? Matching("target_pattern", pattern)
            : Named("target_modules", _options.TargetModules ?? otherwise);
        if (meant.FirstOrDefault(name => IsPart(name) && meant.Contains(_model.WholeOf(name))) is { } twice)
            throw Wrong("target_modules", $"means {twice} and the layer that it is a part of; name one of the two.");
        if (_options.ExcludeModules is { } names)
            Exclude("exclude_modules", Named("exclude_modules", names), meant);
        if (_options.ExcludePattern is { } exclusion)
            Exclude("exclude_pattern", Matching("exclude_pattern", exclusion), meant);
        if (_options.LayersToTransform is { } layers)
            meant.RemoveWhere(name => LayerOf(name) is not { } layer || !layers.Contains(layer));
        if (meant.Count == 0)
            throw new AdapterException($"The options of method '{_method}' leave no layer of the {_model.Family} base to adapt.");

        var selected = _sites.Where(site => meant.Contains(site.Key)).ToList();
        if (selected.FirstOrDefault(site => !adapts(site.Value)) is { Value: { } unfit } refused)
            throw new AdapterException($"Method '{_method}' cannot adapt {refused.Key}: it is {unfit.Kind}.");
        return [.. selected.Select((site, index) => new Target(site.Key, site.Value, index))];
    }

    /// <summary>Whether a list's entry means a module: its name or a dotted end of it.</summary>
    public static bool Means(string entry, string name) =>
        name == entry || name.EndsWith($".{entry}", StringComparison.Ordinal);

    private bool IsPart(string name) => _model.SitesAndParts[name] is LinearPart;

    /// <summary>Leaves layers out, with all their parts. Of a layer that is adapted whole no part can be left out.</summary>
    private void Exclude(string option, HashSet<string> excluded, HashSet<string> meant)
    {
        meant.RemoveWhere(name => excluded.Contains(name) || excluded.Contains(_model.WholeOf(name)));
        if (excluded.FirstOrDefault(name => IsPart(name) && meant.Contains(_model.WholeOf(name))) is { } part)
            throw Wrong(option, $"leaves out {part}, but the layer that it is a part of is adapted whole; name the other parts in "
                + "target_modules instead.");
    }

    private HashSet<string> Named(string option, IReadOnlyList<string> entries)
    {
        var meant = new HashSet<string>();
        foreach (var entry in entries)
        {
            var found = _sites.Where(site => entry == AllLinear
                ? site.Value is LinearSite and not LinearPart && _model.PlaceOf(site.Key) is not null
                : Means(entry, site.Key)).Select(site => site.Key).ToList();
            if (found.Count == 0)
                throw Wrong(option, $"names '{entry}', but the {_model.Family} base has no adaptable layer of that name."
                    + NearestName.Hint(entry, Ends()));
            meant.UnionWith(found);
        }

        return meant;
    }

    private HashSet<string> Matching(string option, string pattern)
    {
        try
        {
            var expression = new Regex($"^(?:{pattern})$", RegexOptions.CultureInvariant);
            var meant = _sites.Select(site => site.Key).Where(name => expression.IsMatch(name)).ToHashSet();
            meant.RemoveWhere(name => IsPart(name) && meant.Contains(_model.WholeOf(name)));
            return meant.Count > 0 ? meant : throw Wrong(option,
                $"is '{pattern}', which matches the whole name of no adaptable layer of the {_model.Family} base; "
                + $"{_sites[0].Key} is one.");
        }
        catch (RegexParseException fault)
        {
            throw Wrong(option, $"is '{pattern}', which is no regular expression: {fault.Message}");
        }
    }

    /// <summary>The number of the block that a layer is in: the first in its name, or the one behind a name of layers_pattern.</summary>
    private int? LayerOf(string name)
    {
        var parts = name.Split('.');
        for (var place = 0; place < parts.Length - 1; place++)
            if (int.TryParse(parts[place], out var number)
                && (_options.LayersPattern is not { Count: > 0 } lists || (place > 0 && lists.Contains(parts[place - 1]))))
                return number;
        return null;
    }

    private IEnumerable<string> Ends() =>
        _sites.Select(site => EndOf(site.Key)).Concat(_sites.Where(site => site.Value is LinearPart).Select(site =>
            $"{EndOf(_model.WholeOf(site.Key))}.{EndOf(site.Key)}")).Append(AllLinear).Distinct();

    private static string EndOf(string name) => name[(name.LastIndexOf('.') + 1)..];

    private AdapterException Wrong(string option, string what) => new($"Option '{option}' of method '{_method}' {what}");
}

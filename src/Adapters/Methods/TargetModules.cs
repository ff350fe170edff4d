using Adapters.Models;
using Adapters.Options;

namespace Adapters.Methods;

/// <summary>Which sites the option <c>target_modules</c> means.</summary>
internal static class TargetModules
{
    /// <summary>Every linear layer of the transformer blocks.</summary>
    private const string AllLinear = "all-linear";

    /// <param name="model">The base.</param>
    /// <param name="patterns">Full names or their dotted ends, or <c>all-linear</c>; null for the model's default.</param>
    /// <param name="head">Parameters that are trained whole: their layers are not adapted too.</param>
    /// <param name="adapts">Whether the method adapts layers of that kind.</param>
    /// <param name="method">The method's name, for messages.</param>
    /// <exception cref="AdapterException">When a pattern names no layer, or one that the method does not adapt.</exception>
    public static IReadOnlyList<Target> Select(BaseModel model, IReadOnlyList<string>? patterns, IReadOnlyList<string> head,
        Func<Site, bool> adapts, string method)
    {
        patterns ??= model.DefaultTargets;
        if (patterns.Count == 0)
            throw new AdapterException($"Option 'target_modules' of method '{method}' is empty, so nothing would be adapted.");
        var sites = model.Sites.Where(site => !head.Contains($"{site.Key}.weight")).ToList();
        foreach (var pattern in patterns)
        {
            if (!sites.Exists(site => Means(pattern, site)))
                throw new AdapterException($"Option 'target_modules' of method '{method}' names '{pattern}', but the "
                    + $"{model.Family} base has no adaptable layer of that name.{NearestName.Hint(pattern, Ends(sites))}");
        }

        var meant = sites.Where(site => patterns.Any(pattern => Means(pattern, site))).ToList();
        if (meant.FirstOrDefault(site => !adapts(site.Value)) is { Value: { } unfit } refused)
            throw new AdapterException($"Method '{method}' cannot adapt {refused.Key}: it is {unfit.Kind}.");
        return [.. meant.Select((site, index) => new Target(site.Key, site.Value, index))];

        bool Means(string pattern, KeyValuePair<string, Site> site) => pattern == AllLinear
            ? site.Value is LinearSite && model.PlaceOf(site.Key) is not null
            : site.Key == pattern || site.Key.EndsWith($".{pattern}", StringComparison.Ordinal);
    }

    private static IEnumerable<string> Ends(IEnumerable<KeyValuePair<string, Site>> sites) =>
        sites.Select(site => site.Key[(site.Key.LastIndexOf('.') + 1)..]).Append(AllLinear).Distinct();
}

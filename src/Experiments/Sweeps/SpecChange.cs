using System.Text.Json;

namespace Experiments.Sweeps;

/// <summary>
/// What became of a sweep's specification since it was started, and whether the sweep can go on with it. It can with more
/// trials and seeds, other limits, retries, resources and ways to compare; all else would make its trials incomparable.
/// </summary>
/// <param name="Extensions">What differs and may: <c>seeds: [0,1] -> [0,1,2]</c>.</param>
/// <param name="Refusals">What differs and may not, in the same form. Empty when the sweep can go on.</param>
public sealed record SpecChange(EquatableArray<string> Extensions, EquatableArray<string> Refusals)
{
    private static readonly string[] _free = ["trials", "seeds", "limits", "retries", "resources", "compare"];

    /// <summary>Whether the sweep can go on: nothing changed, or only what may.</summary>
    public bool IsAllowed => Refusals.Count == 0;

    /// <summary>What differs between the specification that a sweep was started with and the one that is given now.</summary>
    public static SpecChange Between(SweepSpec old, SweepSpec now)
    {
        var before = JsonSerializer.SerializeToElement(old, SpecJson.Options);
        var after = JsonSerializer.SerializeToElement(now, SpecJson.Options);
        var extensions = new List<string>();
        var refusals = new List<string>();
        foreach (var property in before.EnumerateObject())
        {
            var lines = JsonDifference.Between(property.Name, property.Value, after.GetProperty(property.Name));
            (_free.Contains(property.Name) ? extensions : refusals).AddRange(lines);
        }

        refusals.AddRange(Losses(old, now));
        return new SpecChange([.. extensions], [.. refusals]);
    }

    /// <summary>What there was more of before: trials that exist would have no place in the sweep.</summary>
    private static IEnumerable<string> Losses(SweepSpec old, SweepSpec now)
    {
        foreach (var gone in old.Seeds.Except(now.Seeds))
            yield return $"seeds: {gone} is gone, but the sweep has trials with it";

        var (before, after) = (old.Trials / Math.Max(1, old.Seeds.Count), now.Trials / Math.Max(1, now.Seeds.Count));
        if (after < before)
        {
            yield return $"trials: {now.Trials} over {now.Seeds.Count} seeds are {after} configurations, "
                + $"but the sweep was to have {before}; {before * now.Seeds.Count} trials keep them";
        }
    }
}

using System.Text.Json;

namespace Experiments.Sweeps;

/// <summary>What became of a sweep's specification since it was started, and whether the sweep can go on with it.</summary>
/// <param name="Extensions">What is more, or does not touch results: <c>seeds: [0,1] -> [0,1,2]</c>.</param>
/// <param name="Refusals">What would make it another sweep. Empty when it can go on.</param>
public sealed record SpecChange(EquatableArray<string> Extensions, EquatableArray<string> Refusals)
{
    /// <summary>Keys that a sweep may change while it is under way: none of them alters what a trial comes to.</summary>
    private static readonly string[] _free = ["trials", "seeds", "limits", "retries", "resources", "compare"];

    /// <summary>Whether nothing changed.</summary>
    public bool IsNone => Extensions.Count == 0 && Refusals.Count == 0;

    /// <summary>Whether the sweep can go on: nothing changed, or only what may.</summary>
    public bool IsAllowed => Refusals.Count == 0;

    /// <summary>What differs between the specification that a sweep was started with and the one that is given now.</summary>
    public static SpecChange Between(SweepSpec old, SweepSpec now)
    {
        var extensions = new List<string>();
        var refusals = new List<string>();
        foreach (var (path, line) in Differences(old, now))
            (_free.Contains(path) ? extensions : refusals).Add(line);
        if (refusals.Count == 0)
            refusals.AddRange(Shrinkings(old, now));
        return new SpecChange([.. extensions], [.. refusals]);
    }

    /// <summary>What there was more of before: trials that exist would have no place in the sweep.</summary>
    private static IEnumerable<string> Shrinkings(SweepSpec old, SweepSpec now)
    {
        foreach (var gone in old.Seeds.Except(now.Seeds))
            yield return $"seeds: {gone} is gone, but the sweep has trials with it";

        foreach (var (before, after) in SweepPlan.Of(old).Entries.Zip(SweepPlan.Of(now).Entries))
        {
            if (after.Configurations < before.Configurations)
            {
                yield return $"trials: {now.Trials} over {now.Seeds.Count} seeds leave '{after.Entry}' "
                    + $"{after.Configurations} configurations of its {before.Configurations}";
            }
        }
    }

    private static IEnumerable<(string Key, string Line)> Differences(SweepSpec old, SweepSpec now)
    {
        var before = JsonSerializer.SerializeToElement(old, SpecJson.Options);
        var after = JsonSerializer.SerializeToElement(now, SpecJson.Options);
        return before.EnumerateObject().SelectMany(property =>
            Differences(property.Name, property.Value, after.GetProperty(property.Name)).Select(line => (property.Name, line)));
    }

    private static IEnumerable<string> Differences(string path, JsonElement? old, JsonElement? now)
    {
        if (old is { } one && now is { } other)
        {
            if (JsonElement.DeepEquals(one, other))
                return [];
            if (one.ValueKind == JsonValueKind.Object && other.ValueKind == JsonValueKind.Object)
                return one.EnumerateObject().Select(property => property.Name)
                    .Union(other.EnumerateObject().Select(property => property.Name))
                    .SelectMany(name => Differences($"{path}.{name}", Find(one, name), Find(other, name)));
            if (IsNamed(one) && IsNamed(other))
            {
                var lines = Names(one).Union(Names(other))
                    .SelectMany(name => Differences($"{path}.{name}", Named(one, name), Named(other, name)))
                    .ToList();
                return lines.Count > 0 ? lines : [$"{path}: {string.Join(", ", Names(one))} -> {string.Join(", ", Names(other))}"];
            }
        }

        return [$"{path}: {old?.GetRawText() ?? "absent"} -> {now?.GetRawText() ?? "absent"}"];
    }

    private static JsonElement? Find(JsonElement element, string name) => element.TryGetProperty(name, out var found) ? found : null;

    /// <summary>Whether a list's elements go by names of their own, so that they are compared by name, not by place.</summary>
    private static bool IsNamed(JsonElement list) =>
        list.ValueKind == JsonValueKind.Array
        && list.GetArrayLength() > 0
        && list.EnumerateArray().All(item => NameOf(item) is not null)
        && Names(list).Distinct().Count() == list.GetArrayLength();

    private static IEnumerable<string> Names(JsonElement list) => list.EnumerateArray().Select(item => NameOf(item)!);

    private static JsonElement? Named(JsonElement list, string name)
    {
        foreach (var item in list.EnumerateArray())
        {
            if (NameOf(item) == name)
                return item;
        }

        return null;
    }

    private static string? NameOf(JsonElement item) =>
        item.ValueKind != JsonValueKind.Object ? null
        : (Find(item, "name") ?? Find(item, "task")) is { ValueKind: JsonValueKind.String } name ? name.GetString() : null;
}

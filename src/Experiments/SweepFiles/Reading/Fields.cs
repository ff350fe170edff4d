using Experiments.Sweeps;

namespace Experiments.SweepFiles.Reading;

/// <summary>A mapping read by its keys: doubles, unknown ones and those without a value are reported as it is made.</summary>
internal sealed class Fields
{
    private readonly Dictionary<string, SourceEntry> _byName = new(StringComparer.Ordinal);

    private Fields(SourceMap map, KeySet keys, Problems problems)
    {
        Mark = map.Mark;
        Keys = keys;
        foreach (var entry in map.Entries)
        {
            if (!_byName.TryAdd(entry.Key.Text, entry))
            {
                var first = _byName[entry.Key.Text].Key.Mark;
                problems.Add(entry.Key.Mark,
                    $"'{entry.Key.Text}' is given twice; the first is in line {first.Line}, column {first.Column}.");
            }
            else if (keys.Has(entry.Key.Text) && entry.Value is SourceScalar { IsEmpty: true })
            {
                problems.Add(entry.Value.Mark, $"'{entry.Key.Text}' has no value.");
            }
        }
    }

    public SourceMark Mark { get; }

    private KeySet Keys { get; }

    /// <summary>Entries in order, without doubles.</summary>
    public IEnumerable<SourceEntry> All => _byName.Values;

    /// <summary>Those with keys that are not of the set.</summary>
    public IEnumerable<SourceEntry> Others => All.Where(entry => !Keys.Has(entry.Key.Text));

    public SourceNode? this[string key] => _byName.GetValueOrDefault(key)?.Value;

    public bool Has(string key) => _byName.ContainsKey(key);

    public SourceMark MarkOf(string key) => _byName.TryGetValue(key, out var entry) ? entry.Key.Mark : Mark;

    /// <summary>A mapping that may hold other keys as well.</summary>
    public static Fields Open(SourceMap map, KeySet keys, Problems problems) => new(map, keys, problems);

    /// <summary>A mapping that holds these keys only. The owner is what messages call it: <c>'limits'</c>.</summary>
    public static Fields Closed(SourceMap map, KeySet keys, string owner, Problems problems)
    {
        var fields = new Fields(map, keys, problems);
        foreach (var entry in fields.Others)
            Complain(entry.Key, keys, owner, problems);
        return fields;
    }

    private static void Complain(SourceScalar key, KeySet keys, string owner, Problems problems)
    {
        if (keys.Refused.TryGetValue(key.Text, out var instead))
            problems.Add(key.Mark, $"'{key.Text}' is not supported in {owner}. {instead}");
        else if (keys.Foreign.TryGetValue(key.Text, out var here))
            problems.Add(key.Mark, $"'{key.Text}' is called '{here}' here.");
        else if (key.Text == "<<")
            problems.Add(key.Mark, "merge keys are not supported; put what methods share under 'parameters'.");
        else
            problems.Add(key.Mark, $"unknown key '{key.Text}' in {owner}.{NearestName.Question(key.Text, keys.Names)}",
                $"keys: {string.Join(", ", keys.Names)}");
    }
}

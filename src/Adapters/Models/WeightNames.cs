namespace Adapters.Models;

/// <summary>How a family's files call the weights, where that differs from the names of the modules.</summary>
public sealed record WeightNames
{
    /// <summary>The prefix of the part below the head, which a file may lack: <c>model.</c>, <c>vit.</c>; or empty.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Prefixes of the head's names, which a base without its head lacks.</summary>
    public IReadOnlyList<string> Head { get; init; } = [];

    /// <summary>Names in a file that mean nothing to the model.</summary>
    public Predicate<string> Ignored { get; init; } = _ => false;

    /// <summary>Names of tables that a file may hold with another number of rows, because they are resized where they are used.</summary>
    public Predicate<string> AnyLength { get; init; } = _ => false;

    /// <summary>Other names that files give to a weight, by its name in the model.</summary>
    public IReadOnlyDictionary<string, string> Aliases { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether the name is of the head.</summary>
    public bool IsHead(string name) => Head.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>The names that a file may have for a weight of the model, likeliest first.</summary>
    internal IEnumerable<string> NamesFor(string name)
    {
        yield return name;
        if (Prefix.Length > 0 && name.StartsWith(Prefix, StringComparison.Ordinal))
            yield return name[Prefix.Length..];
        if (Aliases.TryGetValue(name, out var alias))
            yield return alias;
    }
}

namespace Adapters.Options;

/// <summary>Finds what a misspelt name was probably meant to be.</summary>
public static class NearestName
{
    /// <summary>
    /// The candidate that takes the fewest edits, if they are few for its length, or that the name contains
    /// (<c>lora_alpha</c> for <c>alpha</c>); null where none is near.
    /// </summary>
    public static string? Of(string name, IEnumerable<string> candidates)
    {
        var known = candidates.Order(StringComparer.Ordinal).ToList();
        var nearest = known
            .Select(candidate => (candidate, edits: Edits(name, candidate)))
            .Where(pair => pair.edits <= Math.Max(1, Math.Min(name.Length, pair.candidate.Length) / 2))
            .OrderBy(pair => pair.edits)
            .Select(pair => pair.candidate)
            .FirstOrDefault();
        return nearest ?? known.Find(candidate =>
            Math.Min(name.Length, candidate.Length) >= 3
            && (name.Contains(candidate, StringComparison.OrdinalIgnoreCase)
                || candidate.Contains(name, StringComparison.OrdinalIgnoreCase)));
    }

    /// <summary>" Did you mean 'rank'?", or the list of all candidates where none is near: the end of an error message.</summary>
    public static string Hint(string name, IEnumerable<string> candidates)
    {
        var known = candidates.ToList();
        return Of(name, known) is { } nearest ? $" Did you mean '{nearest}'?"
            : known.Count == 0 ? ""
            : $" Known: {string.Join(", ", known.Order(StringComparer.Ordinal))}.";
    }

    /// <summary>Insertions, deletions, replacements and swaps of neighbours between two names, letter case aside.</summary>
    private static int Edits(string left, string right)
    {
        var distance = new int[left.Length + 1, right.Length + 1];
        for (var i = 0; i <= left.Length; i++)
            distance[i, 0] = i;
        for (var j = 0; j <= right.Length; j++)
            distance[0, j] = j;
        for (var i = 1; i <= left.Length; i++)
        {
            for (var j = 1; j <= right.Length; j++)
            {
                var replaced = distance[i - 1, j - 1] + (Same(left[i - 1], right[j - 1]) ? 0 : 1);
                var best = Math.Min(replaced, Math.Min(distance[i - 1, j], distance[i, j - 1]) + 1);
                if (i > 1 && j > 1 && Same(left[i - 1], right[j - 2]) && Same(left[i - 2], right[j - 1]))
                    best = Math.Min(best, distance[i - 2, j - 2] + 1);
                distance[i, j] = best;
            }
        }

        return distance[left.Length, right.Length];
    }

    private static bool Same(char left, char right) => char.ToLowerInvariant(left) == char.ToLowerInvariant(right);
}

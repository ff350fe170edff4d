using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Adapters.Checkpoints;

namespace Adapters.Tasks.Data;

/// <summary>
/// What is made once and used by many trials, in <c>ROOT/KIND/KEY</c>: the key is a hash of all that determines the
/// content, so an entry is never changed, and one that is there is whole.
/// </summary>
public sealed class DataCache(string root)
{
    private const string Origin = "origin.json";
    private static long _entries;

    /// <summary>The key of what a description determines: equal content gives an equal key, whatever the members' order.</summary>
    public static string KeyOf(JsonNode determinants)
    {
        var canonical = new StringBuilder();
        AppendCanonical(canonical, determinants);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical.ToString())))[..20];
    }

    /// <summary>Where the entry lies or will lie.</summary>
    public string PathOf(string kind, string key) => Path.Combine(root, kind, key);

    /// <summary>Whether the entry is there.</summary>
    public bool Has(string kind, string key) => File.Exists(Path.Combine(PathOf(kind, key), Origin));

    /// <summary>
    /// Makes an entry unless it is there. It is made in a folder of its own and appears by one renaming; of several makers
    /// at once the first wins, and the others' equal work is dropped.
    /// </summary>
    /// <param name="kind">What it is, a folder's name.</param>
    /// <param name="determinants">All that determines it; kept beside it for people to read.</param>
    /// <param name="make">Fills the folder that it is given.</param>
    /// <returns>The entry's folder.</returns>
    public string Make(string kind, JsonNode determinants, Action<string> make)
    {
        var key = KeyOf(determinants);
        var place = PathOf(kind, key);
        if (Has(kind, key))
            return place;

        var making = $"{place}.{Environment.ProcessId}-{Interlocked.Increment(ref _entries)}.tmp";
        Directory.CreateDirectory(making);
        try
        {
            make(making);
            DurableFile.WriteText(Path.Combine(making, Origin), determinants.ToJsonString(new() { WriteIndented = true }));
            MoveUnlessThere(making, place);
        }
        finally
        {
            if (Directory.Exists(making))
                Directory.Delete(making, recursive: true);
        }
        return place;
    }

    private static void MoveUnlessThere(string making, string place)
    {
        try
        {
            Directory.Move(making, place);
        }
        catch (IOException) when (File.Exists(Path.Combine(place, Origin)))
        {
            // Another maker was first.
        }
    }

    private static void AppendCanonical(StringBuilder text, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject members:
                text.Append('{');
                foreach (var (name, value) in members.OrderBy(member => member.Key, StringComparer.Ordinal))
                {
                    text.Append(JsonValue.Create(name).ToJsonString()).Append(':');
                    AppendCanonical(text, value);
                    text.Append(',');
                }
                text.Append('}');
                break;
            case JsonArray items:
                text.Append('[');
                foreach (var item in items)
                {
                    AppendCanonical(text, item);
                    text.Append(',');
                }
                text.Append(']');
                break;
            default:
                text.Append(node?.ToJsonString() ?? "null");
                break;
        }
    }
}

using System.Text.Json;
using Experiments.Sweeps;
using Orchestrator.Terminal;

namespace Orchestrator.Commands;

/// <summary>The settings file: JSON with comments, for what would else be said with every command.</summary>
/// <param name="Data">Folder of the data, relative to the file.</param>
/// <param name="Color"><c>auto</c>, <c>always</c> or <c>never</c>.</param>
/// <param name="Seq">Address of a Seq server.</param>
internal sealed record SettingsFile(string? Data, string? Color, Uri? Seq)
{
    /// <summary>The file that is read where none is named.</summary>
    public const string DefaultName = "orchestrator.json";

    private static readonly string[] Names = ["data", "color", "seq"];

    /// <summary>Reads the named file, or the default one where there is one.</summary>
    /// <exception cref="SpecException">When the named file is missing, or its content cannot be read.</exception>
    public static SettingsFile Read(string? named, string folder)
    {
        var path = Path.GetFullPath(named ?? DefaultName, folder);
        if (!File.Exists(path))
        {
            return named is null
                ? new SettingsFile(null, null, null)
                : throw new SpecException($"--config: there is no file '{named}'.");
        }

        try
        {
            using var document = JsonDocument.Parse(
                File.ReadAllText(path), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            return Read(document.RootElement, path);
        }
        catch (JsonException exception)
        {
            var place = $"{path}({exception.LineNumber + 1},{exception.BytePositionInLine + 1})";
            throw new SpecException($"{place}: not JSON: {exception.Message}");
        }
    }

    /// <summary>The colour mode of that name.</summary>
    public static ColorMode ColorOf(string name, string place) => name switch
    {
        "auto" => ColorMode.Auto,
        "always" => ColorMode.Always,
        "never" => ColorMode.Never,
        _ => throw new SpecException($"{place}: '{name}' is none of auto, always, never."),
    };

    private static SettingsFile Read(JsonElement root, string path)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw new SpecException($"{path}: expected an object with {string.Join(", ", Names)}.");

        var values = new Dictionary<string, string>();
        foreach (var property in root.EnumerateObject().Where(property => property.Name != "$schema"))
        {
            if (!Names.Contains(property.Name))
            {
                var meant = NearestName.Question(property.Name, Names);
                throw new SpecException($"{path}: unknown setting '{property.Name}'.{meant} Known: {string.Join(", ", Names)}.");
            }

            values[property.Name] = property.Value.ValueKind == JsonValueKind.String
                ? property.Value.GetString()!
                : throw new SpecException($"{path}: '{property.Name}' must be a text, not {property.Value.GetRawText()}.");
        }

        if (values.TryGetValue("color", out var color))
            _ = ColorOf(color, path);
        return new SettingsFile(
            values.TryGetValue("data", out var data) ? Path.GetFullPath(data, Path.GetDirectoryName(path)!) : null,
            color,
            values.TryGetValue("seq", out var seq) ? SeqAddress(seq, path) : null);
    }

    /// <summary>The address as one that can be called.</summary>
    /// <exception cref="SpecException">When it is none.</exception>
    public static Uri SeqAddress(string text, string place) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : throw new SpecException($"{place}: '{text}' is no address; write for example http://localhost:5341.");
}

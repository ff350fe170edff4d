using Adapters.Methods;

namespace Adapters.Tasks.Data;

/// <summary>
/// The XML documentation of the .NET SDK that this program runs beside: real English text that every machine with the SDK
/// has. Formulaic, and so good for asking whether an adapter learns a domain, not for general language.
/// </summary>
/// <param name="Path">The file.</param>
/// <param name="Name">Its name without folder and extension, which is that of its assembly.</param>
/// <param name="Bytes">Its size.</param>
public sealed record SdkDocumentation(string Path, string Name, long Bytes)
{
    /// <summary>The subject that its name puts it under.</summary>
    public string Domain => Domains.Of(Name);

    /// <summary>Where it lies, from the packs folder: pack, version and all, which stand for its content.</summary>
    public required string RelativePath { get; init; }

    /// <summary>The packs folder of the SDK whose runtime this process runs on.</summary>
    /// <exception cref="AdapterException">When there is none, with the remedy.</exception>
    public static string PacksFolder()
    {
        // shared/Microsoft.NETCore.App/VERSION/ holds the runtime; the SDK's packs lie beside shared/.
        var runtime = System.IO.Path.GetDirectoryName(typeof(object).Assembly.Location);
        string?[] roots =
        [
            string.IsNullOrEmpty(runtime) ? null : System.IO.Path.GetFullPath(System.IO.Path.Combine(runtime, "..", "..", "..")),
            System.IO.Path.GetDirectoryName(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH")),
            Environment.GetEnvironmentVariable("DOTNET_ROOT"),
        ];
        var folders = roots.Where(root => !string.IsNullOrEmpty(root)).Select(root => System.IO.Path.Combine(root!, "packs")).ToArray();
        return folders.FirstOrDefault(folder => Directory.Exists(folder) && Directory.EnumerateDirectories(folder, "*.Ref").Any())
            ?? throw new AdapterException("The text corpus is made from the .NET SDK's XML documentation, and no SDK was found: "
                + $"looked for *.Ref beneath {string.Join(" and ", folders)}. Install the .NET SDK, or set DOTNET_ROOT to its folder.");
    }

    /// <summary>
    /// The documentation files of a packs folder: of each pack the newest version, of equally named files the first, sorted
    /// by name in ordinal order.
    /// </summary>
    /// <exception cref="AdapterException">When the folder holds none.</exception>
    public static IReadOnlyList<SdkDocumentation> In(string packsFolder)
    {
        var files = Directory.EnumerateDirectories(packsFolder, "*.Ref").Order(StringComparer.Ordinal)
            .Select(NewestVersion).OfType<string>()
            .SelectMany(version => Directory.EnumerateFiles(version, "*.xml", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            .Select(path => new SdkDocumentation(path, System.IO.Path.GetFileNameWithoutExtension(path), new FileInfo(path).Length)
            {
                RelativePath = System.IO.Path.GetRelativePath(packsFolder, path).Replace('\\', '/'),
            })
            .DistinctBy(file => file.Name, StringComparer.Ordinal)
            .OrderBy(file => file.Name, StringComparer.Ordinal)
            .ToArray();
        return files.Length > 0
            ? files
            : throw new AdapterException($"{packsFolder} holds no XML documentation (*.Ref/VERSION/ref/…/*.xml). Install the .NET SDK.");
    }

    private static string? NewestVersion(string pack) => Directory.EnumerateDirectories(pack)
        .OrderByDescending(folder => VersionOf(System.IO.Path.GetFileName(folder)))
        .ThenByDescending(folder => folder, StringComparer.Ordinal)
        .FirstOrDefault();

    private static Version VersionOf(string folder) =>
        Version.TryParse(folder.Split('-')[0], out var version) ? version : new Version(0, 0);
}

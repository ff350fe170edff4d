using System.Text;
using System.Text.RegularExpressions;
using Experiments.SweepFiles.Reading;
using Experiments.Sweeps;

namespace Experiments.SweepFiles;

/// <summary>Reads sweep files. Every mistake is one sentence with file, line and column, and all are said at once.</summary>
public static partial class SweepFile
{
    /// <summary>A sweep file is some hundred lines; what is larger is another file, named by mistake.</summary>
    private const int LargestBytes = 1 << 20;

    /// <summary>Reads a sweep from a file.</summary>
    /// <param name="path">The YAML file. Messages name it as it is given here; folders in it are relative to it.</param>
    /// <param name="catalogue">Methods, tasks and bases that can be named.</param>
    /// <param name="overrides">Keys to set as if the file had them, for example <c>seeds=3</c> or
    /// <c>methods.lora.rank=4</c>; mistakes in the n-th are placed at <c>--set(n)</c>.</param>
    /// <param name="environment">What <c>${env:NAME}</c> stands for; default: the process's environment.</param>
    /// <exception cref="SpecException">When the file cannot be read or holds a mistake.</exception>
    public static SweepSpec Read(
        string path,
        ICatalogue catalogue,
        IReadOnlyList<string>? overrides = null,
        Func<string, string?>? environment = null) =>
        Parse(TextOf(path), path, catalogue, overrides, environment);

    /// <summary>Reads a sweep from a text.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="path">What messages call it; gives the default name and the folder that others are relative to.</param>
    /// <param name="catalogue">As for <see cref="Read"/>.</param>
    /// <param name="overrides">As for <see cref="Read"/>.</param>
    /// <param name="environment">As for <see cref="Read"/>.</param>
    /// <exception cref="SpecException">When the text holds a mistake.</exception>
    public static SweepSpec Parse(
        string text,
        string path,
        ICatalogue catalogue,
        IReadOnlyList<string>? overrides = null,
        Func<string, string?>? environment = null)
    {
        var problems = new Problems();
        var source = SourceText.File(path, text);
        var lookup = environment ?? Environment.GetEnvironmentVariable;
        var root = YamlSource.Read(source, problems, lookup);
        if (root is null)
            problems.ThrowIfAny();

        root = new Overrides(problems, lookup).Apply(root, overrides ?? []);
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var spec = new SweepReader(catalogue, source, folder, problems).Read(root, NameFrom(path));
        problems.ThrowIfAny();
        return spec!;
    }

    /// <summary>What a file says of itself: the comment that it begins with, without the line that tells editors of the schema.</summary>
    /// <param name="path">The YAML file.</param>
    /// <returns>Its lines; none where the file begins with something else.</returns>
    /// <exception cref="SpecException">When the file cannot be read.</exception>
    public static IReadOnlyList<string> OpeningComment(string path) =>
    [
        .. TextOf(path).Split('\n')
            .TakeWhile(line => line.StartsWith('#'))
            .Select(line => line[1..].Trim())
            .Where(line => line.Length > 0 && !line.StartsWith("yaml-language-server:", StringComparison.Ordinal)),
    ];

    /// <summary>The file's name as a sweep's name: <c>My Sweep.yaml</c> gives <c>my-sweep</c>.</summary>
    private static string NameFrom(string path)
    {
        var name = NotInNames().Replace(Path.GetFileNameWithoutExtension(path).ToLowerInvariant(), "-").Trim('-');
        return name.Length == 0 ? "sweep" : name[..Math.Min(name.Length, 64)];
    }

    private static string TextOf(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (Directory.Exists(path))
                throw new SpecException($"{path}: this is a folder; name a sweep file in it.");
            if (file.Length > LargestBytes)
                throw new SpecException($"{path}: {file.Length} bytes are too many for a sweep file; at most {LargestBytes} are read.");
            return new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true)
                .GetString(File.ReadAllBytes(path)).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException error)
        {
            throw new SpecException($"{path}: byte {error.Index + 1} is not UTF-8; a sweep file is a text in UTF-8.");
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new SpecException($"{path}: there is no such file.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SpecException($"{path}: the file cannot be read: {error.Message}");
        }
    }

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NotInNames();
}

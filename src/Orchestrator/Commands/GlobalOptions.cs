using System.CommandLine;
using Orchestrator.Terminal;

namespace Orchestrator.Commands;

/// <summary>Options that every command takes, and the settings that follow from them.</summary>
internal sealed class GlobalOptions
{
    private const string DefaultData = ".orchestrator";

    private readonly Option<bool> _quiet = Flag("--quiet", "Say nothing but the answer and errors.", "-q");
    private readonly Option<bool> _verbose = Flag("--verbose", "Say more.", "-v");
    private readonly Option<string> _data = Text(
        "--data", "DIR", $"Where store, checkpoints, caches and logs lie (default ./{DefaultData}).");
    private readonly Option<string> _config = Text(
        "--config", "FILE", $"Settings (default ./{SettingsFile.DefaultName} where there is one).");
    private readonly Option<string> _color = Text("--color", "WHEN", "auto, always or never (NO_COLOR counts as never).");
    private readonly Option<bool> _json = Flag("--json", "Answer with one JSON document.");
    private readonly Option<bool> _yes = Flag("--yes", "Answer questions with yes.", "-y");

    /// <summary>All of them, in the order that help lists them.</summary>
    public IEnumerable<Option> All => [_quiet, _verbose, _data, _config, _color, _json, _yes];

    /// <summary>What holds: an option beats the environment, the environment beats the file, the file beats the default.</summary>
    /// <exception cref="Experiments.Sweeps.SpecException">When an option or the file has a value that cannot be.</exception>
    public Settings Read(ParseResult parsed, Surroundings surroundings)
    {
        var file = SettingsFile.Read(parsed.GetValue(_config), surroundings.Folder);
        var noColor = string.IsNullOrEmpty(surroundings.Environment("NO_COLOR")) ? null : "never";
        var data = parsed.GetValue(_data) ?? file.Data ?? DefaultData;
        return new Settings
        {
            Data = Path.GetFullPath(data, surroundings.Folder),
            Json = parsed.GetValue(_json),
            Verbosity = parsed.GetValue(_quiet) ? Verbosity.Quiet : parsed.GetValue(_verbose) ? Verbosity.Verbose : Verbosity.Normal,
            Color = SettingsFile.ColorOf(parsed.GetValue(_color) ?? noColor ?? file.Color ?? "auto", "--color"),
            Yes = parsed.GetValue(_yes),
            Seq = file.Seq,
        };
    }

    /// <summary>Settings for the case that the arguments could not be read: enough to say so.</summary>
    public static Settings Guess(IReadOnlyList<string> arguments, Surroundings surroundings) =>
        new() { Data = Path.GetFullPath(DefaultData, surroundings.Folder), Json = arguments.Contains("--json") };

    private static Option<bool> Flag(string name, string description, params string[] aliases) =>
        new(name, aliases) { Description = description, Recursive = true };

    private static Option<string> Text(string name, string value, string description) =>
        new(name) { Description = description, HelpName = value, Recursive = true };
}

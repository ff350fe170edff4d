using System.CommandLine;

namespace Orchestrator.Running;

/// <summary>Options of the commands that run a sweep in this process.</summary>
internal sealed class RunOptions
{
    private readonly Argument<string> _file = new("file") { Description = "The sweep file (YAML)." };
    private readonly Option<string> _name = new("--name") { HelpName = "NAME", Description = "Name of the sweep instead of the file's." };

    private readonly Option<string[]> _set = new("--set")
    {
        HelpName = "KEY=VALUE", Description = "Set a key of the file, for example trials=12; may be repeated.",
    };

    private readonly Option<int?> _slots = new("--slots")
    {
        HelpName = "N", Description = "CPU slots where there is no GPU (default: half the cores).",
    };

    private readonly Option<bool> _fresh = new("--fresh") { Description = "Begin anew; the sweep of that name is kept as NAME@1." };
    private readonly Option<string> _seq = new("--seq") { HelpName = "URL", Description = "Send events to this Seq server too." };

    /// <summary>The sweep file.</summary>
    public Argument<string> File => _file;

    /// <summary>All options, in the order that help lists them.</summary>
    public IEnumerable<Option> All => [_name, _set, _slots, _fresh, _seq];

    /// <summary>CPU slots.</summary>
    public Option Slots => _slots;

    /// <summary>Where events go.</summary>
    public Option Seq => _seq;

    /// <summary>What was asked for.</summary>
    public RunRequest Read(ParseResult parsed) => Read(parsed, parsed.GetRequiredValue(_file));

    /// <summary>What was asked for of one of several files.</summary>
    public RunRequest Read(ParseResult parsed, string file) => new(
        file,
        [.. Name(parsed), .. parsed.GetValue(_set) ?? []],
        parsed.GetValue(_slots),
        parsed.GetValue(_fresh),
        parsed.GetValue(_seq));

    private IEnumerable<string> Name(ParseResult parsed) => parsed.GetValue(_name) is { } name ? [$"name={name}"] : [];
}

/// <summary>What was asked for.</summary>
/// <param name="File">The sweep file.</param>
/// <param name="Overrides">Keys of the file with other values, <c>key=value</c>.</param>
/// <param name="Slots">CPU slots; null for the file's, or half the cores.</param>
/// <param name="Fresh">Whether a sweep of that name is put aside.</param>
/// <param name="Seq">Address of a Seq server.</param>
internal sealed record RunRequest(string File, IReadOnlyList<string> Overrides, int? Slots, bool Fresh, string? Seq)
{
    /// <summary>Whether the answer is the comparison of the methods; else there is none.</summary>
    public bool Compares { get; init; } = true;
}

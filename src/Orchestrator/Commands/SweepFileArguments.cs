using System.CommandLine;
using Experiments.SweepFiles;
using Experiments.Sweeps;

namespace Orchestrator.Commands;

/// <summary>The sweep file that a command works from, and what is set besides.</summary>
internal sealed class SweepFileArguments
{
    /// <summary>The file.</summary>
    public Argument<string> File { get; } = new("file") { Description = "The sweep file (YAML)." };

    /// <summary>Keys to set as if the file had them.</summary>
    public Option<string[]> Set { get; } = new("--set")
    {
        HelpName = "KEY=VALUE",
        Description = "Set a key as if the file had it, as seeds=5 or methods.lora.rank=4; may be repeated.",
        DefaultValueFactory = _ => [],
    };

    /// <summary>Makes a command take both.</summary>
    public void AddTo(Command command)
    {
        command.Add(File);
        command.Add(Set);
    }

    /// <summary>Reads the file that was named.</summary>
    /// <exception cref="SpecException">When it has mistakes.</exception>
    public SweepSpec Read(ParseResult parsed, CommandContext context) =>
        Read(parsed.GetRequiredValue(File), parsed.GetRequiredValue(Set), context);

    /// <summary>Reads a file.</summary>
    /// <exception cref="SpecException">When it has mistakes.</exception>
    public static SweepSpec Read(string file, string[] overrides, CommandContext context) =>
        SweepFile.Read(file, context.Catalogue(), overrides, context.Surroundings.Environment);
}

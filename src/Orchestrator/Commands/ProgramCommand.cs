using System.CommandLine;

namespace Orchestrator.Commands;

/// <summary>All commands, in the order in which somebody meets them.</summary>
internal sealed class ProgramCommand : RootCommand, IExemplified
{
    public ProgramCommand(CommandContext context)
        : base("Trains adapters of the LoRA family in parallel and compares them over seeds.")
    {
        Add(new VerifyCommand(context));
        Add(new HelpCommand(context));
    }

    public IReadOnlyList<(string Arguments, string Meaning)> Examples { get; } =
    [("verify golden", "hold our numbers against recorded ones")];
}

using System.CommandLine;
using Experiments.SweepFiles.Schema;

namespace Orchestrator.Commands;

/// <summary><c>orchestrator schema</c>: the JSON Schema of sweep files, for editors.</summary>
internal sealed class SchemaCommand : Command, IExemplified
{
    public SchemaCommand(CommandContext context) : base("schema", "Write the JSON Schema of sweep files, for editors.")
    {
        SetAction(parsed => context.Output(parsed).Raw(SweepSchema.Write(context.Catalogue())));
    }

    public IReadOnlyList<(string Arguments, string Meaning)> Examples { get; } =
        [("schema", "into a file that the first line of a sweep file names: # yaml-language-server: $schema=FILE")];
}

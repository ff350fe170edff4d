using System.CommandLine;
using Experiments.Reports;
using Experiments.Sweeps;

namespace Orchestrator.Commands;

/// <summary><c>orchestrator help [TOPIC]</c>: help of a command, or of what is no command.</summary>
internal sealed class HelpCommand : Command, IExemplified
{
    private const string ExitCodes = "exit-codes";

    private readonly Argument<string?> _topic = new("topic")
    {
        Description = $"A command, or {ExitCodes}.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public HelpCommand(CommandContext context) : base("help", "Show help of a command, or the exit codes.")
    {
        Add(_topic);
        SetAction(parsed =>
        {
            var topic = parsed.GetValue(_topic);
            if (topic == ExitCodes)
            {
                context.Output(parsed).Write([ExitCodeTable()]);
                return ExitCode.Ok;
            }

            var root = parsed.RootCommandResult.Command;
            var command = topic is null ? root : root.Subcommands.FirstOrDefault(sub => sub.Name == topic);
            if (command is null)
            {
                var topics = root.Subcommands.Select(sub => sub.Name).Append(ExitCodes);
                throw new NoSuchThingException($"No help on '{topic}'.{NearestName.Question(topic!, topics)}");
            }

            new HelpPage(context.Options).Write(command, context.Surroundings.Output);
            return ExitCode.Ok;
        });
    }

    public IReadOnlyList<(string Arguments, string Meaning)> Examples { get; } =
        [($"help {ExitCodes}", "what the exit code says to a script")];

    private static ReportTable ExitCodeTable() => new()
    {
        Columns = [new("code", Alignment.Right), new("meaning")],
        Rows = [.. ExitCode.All.Select(row => (System.Collections.Immutable.ImmutableArray<Cell>)[$"{row.Code}", row.Meaning])],
    };
}

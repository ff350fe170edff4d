using System.CommandLine;

namespace Orchestrator.Commands;

/// <summary>All commands, in the order in which somebody meets them.</summary>
internal sealed class ProgramCommand : RootCommand, IExemplified
{
    public ProgramCommand(CommandContext context)
        : base("Trains adapters of the LoRA family in parallel and compares them over seeds.")
    {
        Add(new RunCommand(context));
        Add(new ValidateCommand(context));
        Add(new PlanCommand(context));
        Add(new AskCommand(context));
        Add(new TellCommand(context));
        Add(new StatusCommand(context));
        Add(new ResultsCommand(context));
        Add(new CompareCommand(context));
        Add(new ReproduceCommand(context));
        Add(new SuggestWhyCommand(context));
        Add(new LogsCommand(context));
        Add(new MethodsCommand(context));
        Add(new TasksCommand(context));
        Add(new SchemaCommand(context));
        Add(new DoctorCommand(context));
        Add(new VerifyCommand(context));
        Add(new ExportCommand(context));
        Add(new StoreCommand(context));
        Add(new CoordinatorCommand(context));
        Add(new WorkerCommand(context));
        Add(new HelpCommand(context));
    }

    public IReadOnlyList<(string Arguments, string Meaning)> Examples { get; } =
    [
        ("run config/quickstart.yaml", "start a sweep, or go on with it; ends with the comparison"),
        ("plan config/quickstart.yaml", "what it would do; starts nothing"),
        ("compare quickstart", "the methods over seeds, so far"),
    ];
}

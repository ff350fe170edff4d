using System.CommandLine;
using Orchestrator.Running;

namespace Orchestrator.Commands;

/// <summary><c>orchestrator run FILE</c>: starts a sweep or goes on with it, on this machine, and compares its methods.</summary>
internal sealed class RunCommand : Command, IExemplified
{
    private readonly RunOptions _options = new();

    public RunCommand(CommandContext context) : base("run", "Start a sweep, or go on with it, and compare its methods.")
    {
        Add(_options.File);
        foreach (var option in _options.All)
            Add(option);
        SetAction((parsed, _) => new SweepRun(context, context.Settings(parsed), _options.Read(parsed)).RunAsync());
    }

    public IReadOnlyList<(string Arguments, string Meaning)> Examples { get; } =
    [
        ("run config/quickstart.yaml", "stop it, run it again: it goes on"),
        ("run config/quickstart.yaml --set seeds=5", "more seeds of the same sweep"),
        ("run config/quickstart.yaml --fresh", "from the beginning; the old results are kept"),
    ];
}

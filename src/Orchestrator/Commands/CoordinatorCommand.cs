using System.CommandLine;
using Orchestrator.Running;

namespace Orchestrator.Commands;

/// <summary><c>orchestrator coordinator FILE</c>: as <c>run</c>, for workers that join from other machines.</summary>
internal sealed class CoordinatorCommand : Command, IExemplified
{
    private readonly RunOptions _options = new();

    private readonly Option<string> _host = new("--host")
    {
        HelpName = "ADDRESS",
        Description = "Address that workers reach it by, of a network you trust: nothing is encrypted or authenticated.",
        DefaultValueFactory = _ => "127.0.0.1",
    };

    private readonly Option<int> _port = new("--port")
    {
        HelpName = "N", Description = "Port to listen on.", DefaultValueFactory = _ => 4053,
    };

    private readonly Option<bool> _noWorkers = new("--no-workers") { Description = "Use no device of this machine." };

    public CoordinatorCommand(CommandContext context)
        : base("coordinator", "Run a sweep for workers that join from other machines too.")
    {
        Add(_options.File);
        foreach (var option in _options.All.Concat([_host, _port, _noWorkers]))
            Add(option);
        SetAction((parsed, _) => new SweepRun(context, context.Settings(parsed), _options.Read(parsed)).RunAsync(
            parsed.GetRequiredValue(_host), parsed.GetRequiredValue(_port), localWorkers: !parsed.GetValue(_noWorkers)));
    }

    public IReadOnlyList<(string Arguments, string Meaning)> Examples { get; } =
    [
        ("coordinator config/sweeps/lesions.yaml --host 10.0.0.5", "then on each machine: worker --join 10.0.0.5:4053"),
    ];
}

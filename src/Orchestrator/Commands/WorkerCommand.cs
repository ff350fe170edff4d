using System.CommandLine;
using Adapters.Runtime;
using GpuActors.Nodes;
using GpuActors.Workers;
using Orchestrator.Observability;
using Serilog.Extensions.Logging;

namespace Orchestrator.Commands;

/// <summary><c>orchestrator worker --join HOST:PORT</c>: gives one device of this machine to a coordinator.</summary>
internal sealed class WorkerCommand : Command, IExemplified
{
    private readonly Option<string[]> _join = new("--join")
    {
        HelpName = "HOST:PORT", Required = true, Description = "Where the coordinator is; may be repeated.",
    };

    private readonly Option<string> _device = new("--device")
    {
        HelpName = "NAME", Description = "The device to own, for example cuda:1.", DefaultValueFactory = _ => Devices.Find()[0].Name,
    };

    private readonly Option<string> _host = new("--host")
    {
        HelpName = "ADDRESS", Description = "Address that the coordinator reaches this machine by.", DefaultValueFactory = _ => "127.0.0.1",
    };

    private readonly Option<int> _threads = new("--threads")
    {
        HelpName = "N", Description = "Threads of one operation on the CPU.", DefaultValueFactory = _ => 1,
    };

    private readonly Option<string?> _id = new("--id") { Hidden = true };
    private readonly Option<int?> _parent = new("--parent") { Hidden = true };

    public WorkerCommand(CommandContext context)
        : base("worker", "Give one device to a coordinator, on this machine or another; both must see the same --data folder.")
    {
        foreach (var option in new Option[] { _join, _device, _host, _threads, _id, _parent })
            Add(option);
        SetAction((parsed, cancel) => RunAsync(context, parsed, cancel));
    }

    public IReadOnlyList<(string Arguments, string Meaning)> Examples { get; } =
    [("worker --join 10.0.0.5:4053 --host 10.0.0.6 --data /shared", "from another machine")];

    private async Task<int> RunAsync(CommandContext context, ParseResult parsed, CancellationToken cancel)
    {
        var data = context.Settings(parsed).Data;
        var device = new ComputeDevice(parsed.GetRequiredValue(_device), parsed.GetRequiredValue(_threads));
        var worker = new WorkerSettings
        {
            Join = [.. parsed.GetRequiredValue(_join)],
            Device = device.Name,
            DataFolder = data,
            Id = parsed.GetValue(_id),
            Threads = device.Threads,
            Host = parsed.GetRequiredValue(_host),
            Parent = parsed.GetValue(_parent),
        };
        var role = $"worker-{device.Name.Replace(':', '-')}";
        using var log = Logging.Create(new LogSettings(Path.Combine(data, "logs"), role, Console: null, Seq: null));
        using var logging = new SerilogLoggerFactory(log);
        using var runner = new TrialRunner(data, device);

        // An agent that started this process holds the other end of standard input.
        await using var parentPipe = worker.Parent is null ? null : Console.OpenStandardInput();
        return await new WorkerHost(worker, runner, logging, context.Surroundings.Time).RunAsync(parentPipe, cancel);
    }
}

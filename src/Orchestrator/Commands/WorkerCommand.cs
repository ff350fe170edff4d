using System.CommandLine;
using Adapters.Runtime;
using GpuActors.Nodes;
using GpuActors.Workers;
using Orchestrator.Observability;
using Orchestrator.Running;
using Serilog.Extensions.Logging;

namespace Orchestrator.Commands;

/// <summary><c>orchestrator worker --join HOST:PORT</c>: gives this machine's devices, or one of them, to a coordinator.</summary>
internal sealed class WorkerCommand : Command, IExemplified
{
    private readonly Option<string[]> _join = new("--join")
    {
        HelpName = "HOST:PORT", Required = true, Description = "Where the coordinator is; may be repeated.",
    };

    private readonly Option<string?> _device = new("--device")
    {
        HelpName = "NAME", Description = "The one device to give, for example cuda:1; without it, all.",
    };

    private readonly Option<int?> _slots = new("--slots")
    {
        HelpName = "N", Description = "CPU slots of a machine without GPUs; else half its cores.",
    };

    private readonly Option<string> _host = new("--host")
    {
        HelpName = "ADDRESS", Description = "Address that the coordinator reaches this machine by.", DefaultValueFactory = _ => "127.0.0.1",
    };

    private readonly Option<int?> _threads = new("--threads")
    {
        HelpName = "N", Description = "Threads of one operation on the CPU; else the cores of a slot.",
    };

    private readonly Option<string?> _id = new("--id") { Hidden = true };
    private readonly Option<int?> _parent = new("--parent") { Hidden = true };

    public WorkerCommand(CommandContext context)
        : base("worker", "Give this machine's devices to a coordinator elsewhere; both must see the same --data folder.")
    {
        foreach (var option in new Option[] { _join, _device, _slots, _host, _threads, _id, _parent })
            Add(option);
        SetAction((parsed, _) => parsed.GetValue(_device) is { } device
            ? RunAsync(context, parsed, device)
            : RunAllAsync(context, parsed));
    }

    public IReadOnlyList<(string Arguments, string Meaning)> Examples { get; } =
    [
        ("worker --join 10.0.0.5:4053 --host 10.0.0.6 --data /shared", "all devices of another machine"),
        ("worker --join 10.0.0.5:4053 --device cuda:1 --data /shared", "one, in this very process"),
    ];

    private async Task<int> RunAllAsync(CommandContext context, ParseResult parsed)
    {
        var data = context.Settings(parsed).Data;
        var devices = Devices.Find(parsed.GetValue(_slots));
        var node = new WorkerNodeSettings
        {
            Join = [.. parsed.GetRequiredValue(_join)],
            Devices = [.. devices.Select(device => device.Name)],
            DataFolder = data,
            Threads = parsed.GetValue(_threads) ?? devices.Min(device => device.Threads),
            Host = parsed.GetRequiredValue(_host),
        };
        using var log = Logging.Create(new LogSettings(Path.Combine(data, "logs"), "agent", Console: null, Seq: null));
        using var logging = new SerilogLoggerFactory(log);
        var output = context.Output(parsed);
        using var interruption = new Interruption(() => output.Note("Saving."));
        output.Note($"Giving {string.Join(", ", node.Devices)} to {string.Join(", ", node.Join)}. Ctrl-C leaves.");
        await new WorkerNode(node, logging, context.Surroundings.Time).RunAsync(interruption.Save);
        return ExitCode.Ok;
    }

    private async Task<int> RunAsync(CommandContext context, ParseResult parsed, string deviceName)
    {
        var data = context.Settings(parsed).Data;
        var device = new ComputeDevice(deviceName, parsed.GetValue(_threads) ?? 1);
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
        using var interruption = worker.Parent is null ? new Interruption(() => context.Output(parsed).Note("Saving.")) : null;
        return await new WorkerHost(worker, runner, logging, context.Surroundings.Time).RunAsync(
            parentPipe, context.Surroundings.Output, interruption?.Save ?? default);
    }
}

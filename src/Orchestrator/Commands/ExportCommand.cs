using System.CommandLine;
using Adapters.Checkpoints;
using Adapters.Runtime;

namespace Orchestrator.Commands;

/// <summary><c>orchestrator export ADAPTER FOLDER</c>: an adapter that PEFT cannot read as it is as plain LoRA.</summary>
internal sealed class ExportCommand : Command, IExemplified
{
    private readonly Argument<string> _adapter = new("adapter") { Description = "A trained adapter's folder." };
    private readonly Argument<string> _folder = new("folder") { Description = "The folder to write." };

    public ExportCommand(CommandContext context)
        : base("export", "Write as plain LoRA what pissa, olora, lora-ga, lorahub or parts of layers have made.")
    {
        Add(_adapter);
        Add(_folder);
        SetAction(parsed =>
        {
            string Resolved(Argument<string> argument) =>
                Path.GetFullPath(parsed.GetRequiredValue(argument), context.Surroundings.Folder);
            if (!Directory.Exists(Resolved(_adapter)))
                throw new NoSuchThingException($"There is no folder '{Resolved(_adapter)}'.");
            TorchRuntime.Initialize(threads: 1);
            PlainLora.Export(Resolved(_adapter), Resolved(_folder));
        });
    }

    public IReadOnlyList<(string Arguments, string Meaning)> Examples { get; } =
    [
        ("export runs/a/adapter plain", "of init: pissa, or of q and v within qkv; PEFT then reads it on the base as it is"),
    ];
}

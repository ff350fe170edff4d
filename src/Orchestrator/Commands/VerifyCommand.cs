using System.CommandLine;
using Adapters.Runtime;
using Adapters.Verification;
using Experiments.Reports;
using Orchestrator.Terminal;

namespace Orchestrator.Commands;

/// <summary><c>orchestrator verify FOLDER</c>: holds our numbers against recorded ones, a line a case as it is checked.</summary>
internal sealed class VerifyCommand : Command, IExemplified
{
    private readonly Argument<string> _folder = new("folder")
    {
        Description = "A folder of golden cases, or any folder beneath one.",
    };

    private readonly Option<string> _device = new("--device")
    {
        HelpName = "NAME", Description = "Where to compute, for example cuda:0.", DefaultValueFactory = _ => "cpu",
    };

    public VerifyCommand(CommandContext context) : base("verify", "Check golden cases: one line each, and a summary.")
    {
        Add(_folder);
        Add(_device);
        SetAction((parsed, cancel) =>
        {
            var folder = Path.GetFullPath(parsed.GetRequiredValue(_folder), context.Surroundings.Folder);
            if (!Directory.Exists(folder))
                throw new NoSuchThingException($"There is no folder '{folder}'.");
            var output = context.Output(parsed);
            TorchRuntime.Initialize(Environment.ProcessorCount);

            var results = new List<CaseResult>();
            foreach (var result in GoldenVerifier.Verify(folder, device: parsed.GetRequiredValue(_device)))
            {
                cancel.ThrowIfCancellationRequested();
                results.Add(result);
                if (!output.IsJson)
                    output.Line(VerificationText.Line(result), result.Outcome == CaseOutcome.Failed ? Tone.Bad : Tone.Plain);
            }

            if (results.Count == 0)
                throw new NoSuchThingException($"There is no case beneath '{folder}': no case.json and no manifest.json.");
            if (output.IsJson)
                output.Line(VerificationText.Json(folder, results));
            else
                output.Line(VerificationText.Summary(results));
            return Task.FromResult(results.TrueForAll(result => result.Outcome == CaseOutcome.Passed) ? ExitCode.Ok : ExitCode.NotAllGood);
        });
    }

    public IReadOnlyList<(string Arguments, string Meaning)> Examples { get; } =
    [
        ("verify golden", "every case beneath the folder"),
        ("verify golden --device cuda:0", "computed on a GPU"),
        ("verify golden/methods --json", "for a script"),
    ];
}

using System.CommandLine;
using Experiments.Reports;

namespace Orchestrator.Commands;

/// <summary><c>orchestrator status [SWEEP]</c>: where all sweeps stand, or one.</summary>
internal sealed class StatusCommand : Command, IExemplified
{
    private readonly Argument<string?> _sweep = SweepArgument.CreateOptional("Without one all are listed.");

    public StatusCommand(CommandContext context) : base("status", "Show where sweeps stand: what runs, what failed, what waits and why.")
    {
        Add(_sweep);
        SetAction(async (parsed, cancel) =>
        {
            var settings = context.Settings(parsed);
            using var reader = await context.Sweeps(settings.Data, cancel);
            var sweeps = await reader.List(cancel);
            var statuses = new List<SweepStatus>();
            foreach (var name in SweepArgument.Names(sweeps, parsed.GetValue(_sweep)))
            {
                var sweep = await reader.Read(name, cancel);
                statuses.Add(SweepStatus.Of(sweep.Summary, sweep.Spec, sweep.Trials, sweep.WaitingFor));
            }

            context.Output(parsed).Write(new StatusDocument([.. statuses]), ReportJson.Of, StatusTables.Of);
            return ExitCode.Ok;
        });
    }

    public IReadOnlyList<(string Arguments, string Meaning)> Examples { get; } =
    [
        ("status", "all sweeps"),
        ("status lesions", "one, with its failures and what waits"),
        ("status @last --json", "the newest, for a script"),
    ];
}

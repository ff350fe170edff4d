using System.CommandLine;
using Experiments.Comparison;
using Experiments.Reports;

namespace Orchestrator.Commands;

/// <summary><c>orchestrator compare SWEEP</c>: its methods over seeds.</summary>
internal sealed class CompareCommand : Command, IExemplified
{
    private readonly Argument<string> _sweep = SweepArgument.Create();
    private readonly Option<string> _reference = new("--reference")
    {
        HelpName = "ENTRY",
        Description = "Compare with this method entry instead of the sweep's.",
    };

    private readonly Option<string> _format = new("--format") { HelpName = "FORMAT", Description = "table (default), markdown or csv." };

    public CompareCommand(CommandContext context) : base("compare", "Compare the methods of a sweep over seeds, task by task.")
    {
        _format.AcceptOnlyFromAmong("table", "markdown", "csv");
        Add(_sweep);
        Add(_reference);
        Add(_format);
        SetAction(async (parsed, cancel) =>
        {
            var sweep = await context.ReadSweep(parsed, parsed.GetRequiredValue(_sweep), cancel);
            var spec = parsed.GetValue(_reference) is not { } reference
                ? sweep.Spec
                : sweep.Spec.Tasks.Any(block => block.Methods.Any(entry => entry.Name == reference))
                    ? sweep.Spec with { Compare = sweep.Spec.Compare with { Reference = reference } }
                    : throw new NoSuchThingException($"No method entry of '{sweep.Spec.Name}' is called '{reference}'.");
            var comparison = MethodComparison.Of(spec, sweep.Trials);

            var output = context.Output(parsed);
            switch (parsed.GetValue(_format))
            {
                case "markdown": output.Raw(Markdown.Of(ComparisonTables.Of(comparison))); break;
                case "csv": output.Raw(ComparisonCsv.Of(comparison)); break;
                default: output.Write(comparison, ReportJson.Of, ComparisonTables.Of); break;
            }

            return ExitCode.Ok;
        });
    }

    public IReadOnlyList<(string Arguments, string Meaning)> Examples { get; } =
    [
        ("compare lesions", "finished or not: what is known so far"),
        ("compare lesions --reference full", "against another entry"),
        ("compare lesions --format markdown", "for a report"),
    ];
}

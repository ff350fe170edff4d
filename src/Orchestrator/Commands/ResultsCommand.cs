using System.CommandLine;
using Experiments.Reports;

namespace Orchestrator.Commands;

/// <summary><c>orchestrator results SWEEP</c>: a row a trial.</summary>
internal sealed class ResultsCommand : Command, IExemplified
{
    private readonly Argument<string> _sweep = SweepArgument.Create();
    private readonly Option<string> _sort = new("--sort")
    {
        HelpName = "FIELD",
        Description = "Order by a field; with - in front the largest first.",
    };

    private readonly Option<int?> _top = new("--top") { HelpName = "N", Description = "Show so many rows at most." };
    private readonly Option<string[]> _where = new("--where")
    {
        HelpName = "CONDITION",
        Description = "Keep trials of which it holds, as rank>4 or state=failed; may be repeated, and joined by and.",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<bool> _csv = new("--csv") { Description = "Answer with comma-separated values, all fields." };

    public ResultsCommand(CommandContext context) : base("results", "Show the trials of a sweep, sorted and filtered.")
    {
        Add(_sweep);
        Add(_sort);
        Add(_top);
        Add(_where);
        Add(_csv);
        SetAction(async (parsed, cancel) =>
        {
            var query = ResultsQuery.Parse(parsed.GetRequiredValue(_where), parsed.GetValue(_sort), parsed.GetValue(_top));
            var sweep = await context.ReadSweep(parsed, parsed.GetRequiredValue(_sweep), cancel);
            var results = query.Apply(ResultsDocument.Of(sweep.Spec, sweep.Trials));

            var output = context.Output(parsed);
            if (parsed.GetValue(_csv))
                output.Raw(ResultsTable.Csv(results));
            else
                output.Write(results, ReportJson.Of, document => [ResultsTable.Of(document)]);
            return ExitCode.Ok;
        });
    }

    public IReadOnlyList<(string Arguments, string Meaning)> Examples { get; } =
    [
        ("results lesions --sort -dice --top 5", "the five best by validation"),
        ("results lesions --where \"rank>4 and method=lora\"", "some of them"),
        ("results lesions --where state=failed --json", "for a script"),
    ];
}

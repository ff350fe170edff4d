using System.CommandLine;
using Experiments.Comparison;
using Experiments.Reports;
using Experiments.Storage;
using Experiments.Sweeps;
using Orchestrator.Terminal;

namespace Orchestrator.Commands;

/// <summary><c>orchestrator compare SWEEP</c>: its methods over seeds, or how their results came about.</summary>
internal sealed class CompareCommand : Command, IExemplified
{
    private readonly Argument<string> _sweep = SweepArgument.Create();
    private readonly Option<string> _reference = new("--reference")
    {
        HelpName = "ENTRY",
        Description = "Compare with this method entry instead of the sweep's.",
    };

    private readonly Option<string?> _by = new("--by")
    {
        HelpName = "PARAMETER",
        Description = "Give each value of a parameter that was tried a row of its own.",
    };

    private readonly Option<string?> _budget = new("--budget")
    {
        HelpName = "KIND",
        Description = "Give every method equally many trials, or equally much device time (time): as much as the least had.",
    };

    private readonly Option<bool> _importance = new("--importance")
    {
        Description = "Show which searched parameters the metric depends on, for each method.",
    };

    private readonly Option<bool> _bestOf = new("--best-of")
    {
        Description = "Show the expected best of k configurations of each method.",
    };

    private readonly Option<string> _format = new("--format") { HelpName = "FORMAT", Description = "table (default), markdown or csv." };

    public CompareCommand(CommandContext context) : base("compare", "Compare the methods of a sweep over seeds, task by task.")
    {
        _format.AcceptOnlyFromAmong("table", "markdown", "csv");
        _budget.AcceptOnlyFromAmong("trials", "time");
        Add(_sweep);
        Add(_reference);
        Add(_by);
        Add(_budget);
        Add(_importance);
        Add(_bestOf);
        Add(_format);
        Validators.Add(result =>
        {
            if (result.GetValue(_importance) && result.GetValue(_bestOf))
                result.AddError("--importance and --best-of are two answers; ask for one.");
            else if ((result.GetValue(_importance) || result.GetValue(_bestOf)) && result.GetValue(_budget) is not null)
                result.AddError("--budget compares methods; it does not go with --importance or --best-of.");
            else if (result.GetValue(_by) is not null
                && (result.GetValue(_importance) || result.GetValue(_bestOf) || result.GetValue(_budget) is not null))
                result.AddError("--by compares values; it does not go with --importance, --best-of or --budget.");
        });
        SetAction(async (parsed, cancel) =>
        {
            var sweep = await context.ReadSweep(parsed, parsed.GetRequiredValue(_sweep), cancel);
            var (output, format) = (context.Output(parsed), parsed.GetValue(_format));
            if (parsed.GetValue(_importance))
            {
                var importance = ParameterImportance.Of(sweep.Spec, sweep.Trials);
                Write(output, format, importance, ReportJson.Of, ImportanceTables.Of, ComparisonCsv.Of);
            }
            else if (parsed.GetValue(_bestOf))
            {
                Write(output, format, BestOf.Of(sweep.Spec, sweep.Trials), ReportJson.Of, BestOfTables.Of, ComparisonCsv.Of);
            }
            else
            {
                var (spec, trials) = Compared(sweep, parsed.GetValue(_by));
                var comparison = Compare(spec, trials, parsed.GetValue(_reference), parsed.GetValue(_budget));
                Write(output, format, comparison, ReportJson.Of, ComparisonTables.Of, ComparisonCsv.Of);
            }

            return ExitCode.Ok;
        });
    }

    public IReadOnlyList<(string Arguments, string Meaning)> Examples { get; } =
    [
        ("compare lesions", "finished or not: what is known so far"),
        ("compare lesions --reference full", "against another entry"),
        ("compare lesions --by rank", "what each rank is worth"),
        ("compare lesions --budget time", "after equally long tuning"),
        ("compare lesions --best-of", "what tuning brings"),
        ("compare lesions --importance", "what is worth tuning"),
        ("compare lesions --format markdown", "for a report"),
    ];

    private static (SweepSpec Spec, IReadOnlyList<TrialRow> Trials) Compared(SweepSnapshot sweep, string? parameter)
    {
        if (parameter is null)
            return (sweep.Spec, sweep.Trials);

        var split = ParameterSplit.By(sweep.Spec, sweep.Trials, parameter)
            ?? throw new NoSuchThingException(
                $"No method of '{sweep.Spec.Name}' was tried with several values of '{parameter}'."
                + NearestName.Question(parameter, Searched(sweep)));
        return (split.Spec, split.Trials);
    }

    private static IEnumerable<string> Searched(SweepSnapshot sweep) => sweep.Spec.Tasks
        .SelectMany(block => block.Methods)
        .SelectMany(entry => entry.Space.Parameters)
        .Where(parameter => parameter.Domain is not Domain.Fixed)
        .Select(parameter => parameter.Name)
        .Distinct();

    private static SweepComparison Compare(SweepSpec whole, IReadOnlyList<TrialRow> trials, string? reference, string? budget)
    {
        var spec = reference is null
            ? whole
            : whole.Tasks.Any(block => block.Methods.Any(entry => entry.Name == reference))
                ? whole with { Compare = whole.Compare with { Reference = reference } }
                : throw new NoSuchThingException($"No method entry of '{whole.Name}' is called '{reference}'.");
        return MethodComparison.Of(spec, trials, budget switch
        {
            "trials" => BudgetKind.Trials,
            "time" => BudgetKind.Time,
            _ => null,
        });
    }

    private static void Write<T>(
        Output output,
        string? format,
        T document,
        Func<T, string> json,
        Func<T, IEnumerable<ReportTable>> draw,
        Func<T, string> csv)
    {
        switch (format)
        {
            case "markdown": output.Raw(Markdown.Of(draw(document))); break;
            case "csv": output.Raw(csv(document)); break;
            default: output.Write(document, json, draw); break;
        }
    }
}

using System.CommandLine;
using Experiments.Reports;

namespace Orchestrator.Commands;

/// <summary><c>orchestrator methods [show NAME]</c>: what a sweep file can name under <c>method</c>.</summary>
internal sealed class MethodsCommand : Command, IExemplified
{
    private readonly Option<string> _format = new("--format") { HelpName = "FORMAT", Description = "table (default) or markdown." };

    public MethodsCommand(CommandContext context) : base("methods", "List the methods, or show one with its options.")
    {
        var show = CatalogueEntryCommand.Create("method", context, (catalogue, name, output) =>
        {
            var method = CatalogueEntryCommand.Find(catalogue.Methods, method => method.Id, name, "method");
            output.Write(new MethodsDocument([method]), ReportJson.Of,
                _ => CatalogueTables.Show(method, catalogue.Tasks, catalogue.TrainingOptions));
        });
        Add(show);
        Add(_format);
        _format.AcceptOnlyFromAmong("table", "markdown");
        SetAction(parsed =>
        {
            if (parsed.GetValue(_format) == "markdown")
                context.Output(parsed).Raw(MethodsPage.Of(context.Catalogue()));
            else
                context.Output(parsed).Write(new MethodsDocument([.. context.Catalogue().Methods]), ReportJson.Of,
                    document => [CatalogueTables.List(document.Methods)]);
        });
    }

    public IReadOnlyList<(string Arguments, string Meaning)> Examples { get; } =
    [
        ("methods", "all of them"),
        ("methods --format markdown", "the page of all of them"),
        ("methods show lora", "its options, their ranges, its source, an example"),
    ];
}

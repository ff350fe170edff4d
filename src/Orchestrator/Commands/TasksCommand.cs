using System.CommandLine;
using Experiments.Reports;

namespace Orchestrator.Commands;

/// <summary><c>orchestrator tasks [show NAME]</c>: what a sweep file can name under <c>task</c>.</summary>
internal sealed class TasksCommand : Command, IExemplified
{
    public TasksCommand(CommandContext context) : base("tasks", "List the tasks, or show one with its options.")
    {
        var show = CatalogueEntryCommand.Create("task", context, (catalogue, name, output) =>
        {
            var task = CatalogueEntryCommand.Find(catalogue.Tasks, task => task.Id, name, "task");
            output.Write(new TasksDocument([task]), ReportJson.Of, _ => CatalogueTables.Show(task));
        });
        Add(show);
        SetAction(parsed => context.Output(parsed).Write(
            new TasksDocument([.. context.Catalogue().Tasks]), ReportJson.Of, document => [CatalogueTables.List(document.Tasks)]));
    }

    public IReadOnlyList<(string Arguments, string Meaning)> Examples { get; } =
    [
        ("tasks", "all of them"),
        ("tasks show lesions", "its options, sizes and metrics"),
    ];
}

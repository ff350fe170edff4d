using System.CommandLine;
using Experiments.Sweeps;
using Orchestrator.Terminal;

namespace Orchestrator.Commands;

/// <summary>The <c>show NAME</c> beneath a list of what can be named.</summary>
internal static class CatalogueEntryCommand
{
    /// <summary>A command that shows one entry.</summary>
    public static Command Create(string kind, CommandContext context, Action<ICatalogue, string, Output> show)
    {
        var name = new Argument<string>("name") { Description = $"Name of a {kind}." };
        var command = new Command("show", $"Show one {kind} with its options.") { name };
        command.SetAction(parsed => show(context.Catalogue(), parsed.GetRequiredValue(name), context.Output(parsed)));
        return command;
    }

    /// <summary>The entry of that name.</summary>
    /// <exception cref="NoSuchThingException">When there is none.</exception>
    public static T Find<T>(IReadOnlyList<T> entries, Func<T, string> id, string name, string kind) where T : class
    {
        var names = entries.Select(id);
        return entries.FirstOrDefault(entry => id(entry) == name) ?? throw new NoSuchThingException(
            $"There is no {kind} '{name}'.{NearestName.Question(name, names)} There are {string.Join(", ", names)}.");
    }
}

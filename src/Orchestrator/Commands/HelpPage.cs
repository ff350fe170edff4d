using System.CommandLine;
using System.CommandLine.Invocation;

namespace Orchestrator.Commands;

/// <summary>Writes the help of a command: what it does, how it is used, then what it takes.</summary>
internal sealed class HelpPage(GlobalOptions everywhere) : SynchronousCommandLineAction
{
    private const string Program = "orchestrator";
    private const int Indent = 2;
    private const int WidestName = 26;
    private const int Width = 100;

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        Write(parseResult.CommandResult.Command, parseResult.InvocationConfiguration.Output);
        return ExitCode.Ok;
    }

    /// <summary>Writes the page of a command.</summary>
    public void Write(Command command, TextWriter output)
    {
        output.WriteLine(command.Description);
        Examples(command, output);

        output.WriteLine();
        output.WriteLine($"Usage: {Usage(command)}");
        var commands = command.Subcommands.Where(sub => !sub.Hidden);
        Section(output, "Commands", commands.Select(sub => (sub.Name + Arguments(sub), sub.Description)));
        Section(output, "Arguments", command.Arguments.Select(argument => (NameOf(argument), argument.Description)));
        var own = command.Options.Where(option => !option.Hidden && !option.Recursive && option.Name is not ("--help" or "--version"));
        Section(output, "Options", own.Select(option => (NameOf(option), option.Description)));
        (string, string?)[] builtIn = [("-h, --help", "Show this."), ("--version", "Show the version.")];
        Section(output, "Everywhere", [.. everywhere.All.Select(option => (NameOf(option), option.Description)), .. builtIn]);
    }

    private static void Examples(Command command, TextWriter output)
    {
        if (command is not IExemplified { Examples: { Count: > 0 } examples })
            return;
        output.WriteLine();
        Rows(output, [.. examples.Select(example => ($"{Program} {example.Arguments}", (string?)example.Meaning))], int.MaxValue);
    }

    private static string Usage(Command command)
    {
        var path = new List<string>();
        for (var at = command; at is not null and not RootCommand; at = at.Parents.OfType<Command>().FirstOrDefault())
            path.Insert(0, at.Name);
        var subcommand = command.Subcommands.Count == 0 ? "" : command.Action is null ? " COMMAND" : " [COMMAND]";
        return $"{string.Join(' ', path.Prepend(Program))}{subcommand}{Arguments(command)} [options]";
    }

    private static string Arguments(Command command) => string.Concat(command.Arguments.Select(argument => " " + NameOf(argument)));

    private static string NameOf(Argument argument)
    {
        var name = argument.Name.ToUpperInvariant() + (argument.Arity.MaximumNumberOfValues > 1 ? "…" : "");
        return argument.Arity.MinimumNumberOfValues == 0 ? $"[{name}]" : name;
    }

    private static string NameOf(Option option)
    {
        var names = string.Join(", ", option.Aliases.Append(option.Name).OrderBy(name => name.Length));
        return option.ValueType == typeof(bool) ? names : $"{names} {option.HelpName ?? "VALUE"}";
    }

    private static void Section(TextWriter output, string title, IEnumerable<(string Name, string? Meaning)> rows)
    {
        (string, string?)[] all = [.. rows];
        if (all.Length == 0)
            return;
        output.WriteLine();
        output.WriteLine(title + ":");
        Rows(output, all, WidestName);
    }

    private static void Rows(TextWriter output, (string Name, string? Meaning)[] rows, int widest)
    {
        var column = Indent + Math.Min(widest, rows.Max(row => row.Name.Length)) + Indent;
        foreach (var (name, meaning) in rows)
        {
            var line = new string(' ', Indent) + name;
            foreach (var part in Wrap(meaning ?? "", Width - column))
            {
                // A name too long for its column stands on a line of its own.
                if (line.Length > column - Indent && part.Length > 0)
                {
                    output.WriteLine(line);
                    line = "";
                }

                output.WriteLine((line.PadRight(column) + part).TrimEnd());
                line = "";
            }
        }
    }

    private static IEnumerable<string> Wrap(string text, int width)
    {
        while (text.Length > width && text.LastIndexOf(' ', width) is > 0 and var at)
        {
            yield return text[..at];
            text = text[(at + 1)..];
        }

        yield return text;
    }
}

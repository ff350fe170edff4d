using System.CommandLine;
using Experiments.Sweeps;

namespace Orchestrator.Commands;

/// <summary>What is wrong with the arguments, with the name that was probably meant.</summary>
internal static class UsageErrors
{
    /// <summary>One sentence a mistake, then where help is.</summary>
    public static IEnumerable<string> Of(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        foreach (var token in parsed.UnmatchedTokens)
            yield return Unknown(token, command);

        // The parser's own word about those tokens is less than ours, and a command that was misspelt is not missing.
        foreach (var error in parsed.Errors.Select(error => error.Message).Distinct())
        {
            if (!parsed.UnmatchedTokens.Any(token => error.Contains($"'{token}'", StringComparison.Ordinal))
                && !(parsed.UnmatchedTokens.Count > 0 && error.StartsWith("Required command", StringComparison.Ordinal)))
                yield return error;
        }

        yield return $"Help: orchestrator {string.Join(' ', Path(command).Append("--help"))}";
    }

    private static string Unknown(string token, Command command)
    {
        var isOption = token.StartsWith('-');
        var names = isOption
            ? Path(command, withRoot: true).SelectMany(level => level.Options).SelectMany(option => option.Aliases.Append(option.Name))
            : command.Subcommands.Select(sub => sub.Name);
        var kind = isOption ? "option" : command.Subcommands.Count > 0 ? "command" : "argument";
        return $"Unknown {kind} '{token}'.{NearestName.Question(token, names.Distinct())}";
    }

    private static IEnumerable<string> Path(Command command) => Path(command, withRoot: false).Reverse().Select(level => level.Name);

    private static IEnumerable<Command> Path(Command command, bool withRoot)
    {
        for (var at = command; at is not null; at = at.Parents.OfType<Command>().FirstOrDefault())
        {
            if (withRoot || at is not RootCommand)
                yield return at;
        }
    }
}

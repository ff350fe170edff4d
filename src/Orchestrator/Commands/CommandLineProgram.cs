using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Reflection;

namespace Orchestrator.Commands;

/// <summary>The program: arguments in, exit code out. Everything that a command throws is turned into words here.</summary>
internal sealed class CommandLineProgram
{
    // @last names a sweep, not a file of arguments.
    private static readonly ParserConfiguration NoResponseFiles = new() { ResponseFileTokenReplacer = null };
    private readonly CommandContext _context;
    private readonly RootCommand _root;

    public CommandLineProgram(CommandContext context)
    {
        _context = context;
        _root = new ProgramCommand(context);
        foreach (var option in context.Options.All)
            _root.Add(option);

        _root.Options.OfType<HelpOption>().Single().Action = new HelpPage(context.Options);
        _root.Options.OfType<VersionOption>().Single().Action = new VersionAction();
    }

    /// <summary>Runs one command to its end.</summary>
    public async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancel = default)
    {
        var parsed = Parse(arguments);
        var settings = GlobalOptions.Guess(arguments, _context.Surroundings);
        try
        {
            if (parsed.Action is ParseErrorAction)
                return ErrorReport.Write(UsageErrors.Of(parsed), ExitCode.Refused, settings, _context.Surroundings);

            settings = _context.Settings(parsed);
            return await parsed.InvokeAsync(
                new InvocationConfiguration
                {
                    Output = _context.Surroundings.Output,
                    Error = _context.Surroundings.Error,
                    EnableDefaultExceptionHandler = false,
                    ProcessTerminationTimeout = null, // who trains saves first; who only reads may simply be stopped
                },
                cancel);
        }
        catch (Exception exception)
        {
            return ErrorReport.Write(exception, settings, _context.Surroundings);
        }
    }

    /// <summary>Reads arguments without doing what they say.</summary>
    public ParseResult Parse(IReadOnlyList<string> arguments) => _root.Parse(arguments, NoResponseFiles);

    private sealed class VersionAction : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var version = typeof(VersionAction).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!;
            parseResult.InvocationConfiguration.Output.WriteLine($"orchestrator {version.InformationalVersion}");
            return ExitCode.Ok;
        }
    }
}

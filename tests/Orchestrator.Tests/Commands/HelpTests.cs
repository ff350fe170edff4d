using System.Text.RegularExpressions;
using Orchestrator.Commands;
using Xunit;

namespace Orchestrator.Tests.Commands;

public sealed partial class HelpTests : IDisposable
{
    private readonly ProgramRun _program = new();

    public void Dispose() => _program.Dispose();

    public static TheoryData<string> Commands
    {
        get
        {
            using var program = new ProgramRun();
            return [.. program.Program().Parse([]).RootCommandResult.Command.Subcommands.Select(command => command.Name)];
        }
    }

    [Fact]
    public async Task Help_of_the_program_leads_with_examples()
    {
        Assert.Equal(ExitCode.Ok, await _program.Run("--help"));
        Snapshot.Matches(_program.Output, "help");
        Assert.Empty(_program.Error);
    }

    [Theory, MemberData(nameof(Commands))]
    public async Task Help_of_each_command_is_a_page_that_fits(string command)
    {
        Assert.Equal(ExitCode.Ok, await _program.Run(command, "--help"));

        Assert.All(_program.Output.Split('\n'), line => Assert.True(line.Length <= 100, line));
        Snapshot.Matches(_program.Output, $"help-{command}");
    }

    [Theory, MemberData(nameof(Commands))]
    public async Task Help_is_there_however_it_is_asked_for(string command)
    {
        await _program.Run(command, "--help");
        var expected = _program.Output;

        await _program.Run("help", command);
        Assert.Equal(expected, _program.Output);

        await _program.Run(command, "-h", "--no-such-option");
        Assert.Equal(expected, _program.Output);
    }

    [Theory, MemberData(nameof(Commands))]
    public void Examples_are_arguments_that_the_program_takes(string command)
    {
        var program = _program.Program();

        var examples = Assert.IsType<IExemplified>(program.Parse([command]).CommandResult.Command, exactMatch: false).Examples;

        Assert.NotEmpty(examples);
        Assert.All(examples, example => Assert.Empty(
            program.Parse([.. Words().Matches(example.Arguments).Select(word => word.Value.Trim('"'))]).Errors));
    }

    [Fact]
    public async Task Exit_codes_have_a_page()
    {
        Assert.Equal(ExitCode.Ok, await _program.Run("help", "exit-codes"));
        Snapshot.Matches(_program.Output, "help-exit-codes");
    }

    [Fact]
    public async Task Help_on_what_is_not_there_names_what_was_meant()
    {
        Assert.Equal(ExitCode.NoSuchThing, await _program.Run("help", "exit-code"));
        Assert.Equal("No help on 'exit-code'. Did you mean 'exit-codes'?\n", _program.Error);
    }

    [Fact]
    public async Task The_version_is_one_line()
    {
        Assert.Equal(ExitCode.Ok, await _program.Run("--version"));
        Assert.Matches(@"^orchestrator \d+\.\d+\.\d+\S*\n$", _program.Output);
    }

    [GeneratedRegex("\"[^\"]*\"|\\S+")]
    private static partial Regex Words();
}

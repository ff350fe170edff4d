using System.Text.Json;
using Orchestrator.Commands;
using Xunit;

namespace Orchestrator.Tests.Commands;

public sealed class UsageTests : IDisposable
{
    private readonly ProgramRun _program = new();

    public void Dispose() => _program.Dispose();

    [Theory]
    [InlineData("veirfy", "Unknown command 'veirfy'. Did you mean 'verify'?")]
    [InlineData("verify . --jsno", "Unknown option '--jsno'. Did you mean '--json'?")]
    [InlineData("verify . --dta x", "Unknown option '--dta'. Did you mean '--data'?")]
    [InlineData("verify . extra", "Unknown argument 'extra'.")]
    [InlineData("compare x --importance --best-of", "--importance and --best-of are two answers; ask for one.")]
    [InlineData("compare x --best-of --budget time", "--budget compares methods; it does not go with --importance or --best-of.")]
    [InlineData("plan x --devices 4", "--devices goes with --simulate.")]
    [InlineData("plan x --simulate --devices 0", "--devices is 0, but must be at least 1.")]
    [InlineData("plan x --simulate --failures 1.5", "--failures is 1.5, but must be at least 0 and below 1.")]
    [InlineData("verify", "Required argument 'folder' missing for command: 'verify'.")]
    [InlineData("", "Required command was not provided.")]
    public async Task A_slip_is_named_with_what_was_probably_meant(string arguments, string message)
    {
        var exitCode = await _program.Run(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(ExitCode.Refused, exitCode);
        Assert.StartsWith(message + "\n", _program.Error, StringComparison.Ordinal);
        Assert.Contains("Help: orchestrator", _program.Error, StringComparison.Ordinal);
        Assert.Empty(_program.Output);
    }

    [Fact]
    public async Task With_json_a_mistake_is_a_document_too()
    {
        var exitCode = await _program.Run("verify", "nowhere", "--json");

        using var document = JsonDocument.Parse(_program.Output);
        Assert.Equal(ExitCode.NoSuchThing, exitCode);
        Assert.Equal("orchestrator/error/1", document.RootElement.GetProperty("schema").GetString());
        Assert.Equal(ExitCode.NoSuchThing, document.RootElement.GetProperty("exit_code").GetInt32());
        Assert.Contains("nowhere", document.RootElement.GetProperty("problems")[0].GetString(), StringComparison.Ordinal);
        Assert.Empty(_program.Error);
    }

    [Theory]
    [InlineData("{ \"colour\": \"never\" }", "unknown setting 'colour'. Did you mean 'color'? Known: data, color, seq.")]
    [InlineData("{ \"color\": 1 }", "'color' must be a text, not 1.")]
    [InlineData("{ \"color\": \"blue\" }", "'blue' is none of auto, always, never.")]
    [InlineData("{ \"seq\": \"localhost\" }", "'localhost' is no address; write for example http://localhost:5341.")]
    [InlineData("{ \"seq\": ", "not JSON: ")]
    [InlineData("[]", "expected an object with data, color, seq.")]
    public async Task A_mistake_in_the_settings_file_is_named_with_the_file(string content, string message)
    {
        _program.WithFile("orchestrator.json", content);

        var exitCode = await _program.Run("help", "exit-codes");

        Assert.Equal(ExitCode.Refused, exitCode);
        Assert.StartsWith(Path.Combine(_program.Folder, "orchestrator.json"), _program.Error, StringComparison.Ordinal);
        Assert.Contains(message, _program.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_settings_file_that_was_named_must_be_there()
    {
        Assert.Equal(ExitCode.Refused, await _program.Run("help", "exit-codes", "--config", "mine.json"));
        Assert.Equal("--config: there is no file 'mine.json'.\n", _program.Error);
    }

    [Theory]
    [InlineData(false, "", "", false)]
    [InlineData(true, "", "", true)]
    [InlineData(false, "--color always", "", true)]
    [InlineData(true, "--color never", "", false)]
    [InlineData(true, "", "1", false)]
    [InlineData(true, "--color always", "1", true)] // the option beats the environment
    public async Task Escapes_are_written_only_where_they_are_wanted(bool isTerminal, string option, string noColor, bool escapes)
    {
        using var program = new ProgramRun { IsTerminal = isTerminal }.With("NO_COLOR", noColor);

        await program.Run(["help", "exit-codes", .. option.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

        Assert.Equal(escapes, program.Output.Contains('\u001b', StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_environment_beats_the_settings_file()
    {
        using var program = new ProgramRun { IsTerminal = true }
            .With("NO_COLOR", "1").WithFile("orchestrator.json", "{ \"color\": \"always\" }");

        await program.Run("help", "exit-codes");

        Assert.DoesNotContain('\u001b', program.Output);
    }
}

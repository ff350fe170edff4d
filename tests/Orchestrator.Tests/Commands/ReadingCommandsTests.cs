using System.Text.Json;
using Orchestrator.Commands;
using Xunit;

namespace Orchestrator.Tests.Commands;

public sealed class ReadingCommandsTests : IDisposable
{
    private readonly ProgramRun _program = new()
    {
        Sweeps = new ListedSweeps(ListedSweeps.Sweep("lesions"), ListedSweeps.Sweep("lesions-wide")),
    };

    private readonly ProgramRun _empty = new();

    public void Dispose()
    {
        _program.Dispose();
        _empty.Dispose();
    }

    [Theory]
    [InlineData("status", "status-all")]
    [InlineData("status lesions", "status")]
    [InlineData("results lesions", "results")]
    [InlineData("results lesions --sort -dice --top 2 --where state=completed", "results-top")]
    [InlineData("compare lesions", "compare")]
    [InlineData("compare lesions --format markdown", "compare-markdown")]
    [InlineData("compare lesions --budget trials", "compare-budget")]
    [InlineData("compare lesions --best-of", "compare-best-of")]
    [InlineData("compare lesions --importance", "compare-importance")]
    [InlineData("methods", "methods")]
    [InlineData("methods show lora", "methods-show-lora")]
    [InlineData("methods show mole", "methods-show-mole")]
    [InlineData("tasks", "tasks")]
    [InlineData("tasks show lesions", "tasks-show-lesions")]
    public async Task The_answer_is_on_standard_output_without_escapes_and_a_hundred_wide(string arguments, string snapshot)
    {
        Assert.Equal(ExitCode.Ok, await _program.Run(arguments.Split(' ')));

        Assert.Empty(_program.Error);
        Assert.DoesNotContain('\u001b', _program.Output);
        Snapshot.Matches(_program.Output, snapshot);
    }

    [Theory]
    [InlineData("status", "orchestrator/status/1")]
    [InlineData("status lesions", "orchestrator/status/1")]
    [InlineData("results lesions", "orchestrator/results/1")]
    [InlineData("compare lesions", "orchestrator/compare/1")]
    [InlineData("compare lesions --best-of", "orchestrator/best-of/1")]
    [InlineData("compare lesions --importance", "orchestrator/importance/1")]
    [InlineData("methods", "orchestrator/methods/1")]
    [InlineData("methods show lora", "orchestrator/methods/1")]
    [InlineData("tasks", "orchestrator/tasks/1")]
    [InlineData("tasks show lesions", "orchestrator/tasks/1")]
    public async Task With_json_the_answer_is_one_document_of_its_schema(string arguments, string schema)
    {
        Assert.True(await _program.Run([.. arguments.Split(' '), "--json"]) == ExitCode.Ok, _program.Output);

        using var document = JsonDocument.Parse(_program.Output);
        Assert.Equal(schema, document.RootElement.GetProperty("schema").GetString());
        Assert.Equal("schema", document.RootElement.EnumerateObject().First().Name);
        Assert.Empty(_program.Error);
    }

    [Theory]
    [InlineData("compare lesions-wide")]
    [InlineData("compare lesions-w")]
    [InlineData("compare @last")]
    public async Task A_sweep_may_be_named_by_a_prefix_or_as_the_last(string arguments)
    {
        await _program.Run([.. arguments.Split(' '), "--json"]);

        using var document = JsonDocument.Parse(_program.Output);
        Assert.Equal("lesions-wide", document.RootElement.GetProperty("sweep").GetString());
    }

    [Theory]
    [InlineData("compare mine", "There is no sweep 'mine'. Sweeps: lesions, lesions-wide.")]
    [InlineData("results lesoins", "There is no sweep 'lesoins'. Did you mean 'lesions'? Sweeps: lesions, lesions-wide.")]
    [InlineData("status les", "'les' could be lesions or lesions-wide.")]
    [InlineData("methods show lroa", "There is no method 'lroa'. Did you mean 'lora'? There are lora, mole.")]
    [InlineData("compare lesions --reference full", "No method entry of 'lesions' is called 'full'.")]
    public async Task What_is_not_there_or_could_be_several_is_exit_code_5(string arguments, string message)
    {
        Assert.Equal(ExitCode.NoSuchThing, await _program.Run(arguments.Split(' ')));
        Assert.Equal(message + "\n", _program.Error);
        Assert.Empty(_program.Output);
    }

    [Fact]
    public async Task A_condition_that_cannot_be_read_is_exit_code_2()
    {
        Assert.Equal(ExitCode.Refused, await _program.Run("results", "lesions", "--where", "rnak>4"));
        Assert.StartsWith("--where: unknown field 'rnak'. Did you mean 'rank'?", _program.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_sweep_status_says_how_to_start_one()
    {
        Assert.Equal(ExitCode.Ok, await _empty.Run("status"));
        Assert.Contains("Start one: orchestrator run FILE.", _empty.Output, StringComparison.Ordinal);

        Assert.Equal(ExitCode.Ok, await _empty.Run("status", "--json"));
        using var document = JsonDocument.Parse(_empty.Output);
        Assert.Equal(0, document.RootElement.GetProperty("sweeps").GetArrayLength());

        Assert.Equal(ExitCode.NoSuchThing, await _empty.Run("compare", "@last"));
    }

    [Fact]
    public async Task Nothing_found_is_no_mistake()
    {
        Assert.Equal(ExitCode.Ok, await _program.Run("results", "lesions", "--where", "rank>1000", "--json"));

        using var document = JsonDocument.Parse(_program.Output);
        Assert.Equal(0, document.RootElement.GetProperty("rows").GetArrayLength());
    }

    [Fact]
    public async Task A_reference_on_the_command_line_is_the_one_compared_with()
    {
        await _program.Run("compare", "lesions", "--reference", "mole", "--json");

        using var document = JsonDocument.Parse(_program.Output);
        Assert.Equal("mole", document.RootElement.GetProperty("blocks")[0].GetProperty("reference").GetString());
    }

    [Fact]
    public async Task Csv_is_written_as_it_is()
    {
        await _program.Run("results", "lesions", "--csv", "--where", "seed=0");

        Assert.StartsWith("sweep,trial,block,task,", _program.Output, StringComparison.Ordinal);
        Assert.Equal(4, _program.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task On_a_terminal_the_width_is_the_terminals()
    {
        using var narrow = new ProgramRun { Sweeps = new ListedSweeps(ListedSweeps.Sweep("lesions")), IsTerminal = true, Width = 60 };

        await narrow.Run("results", "lesions", "--color", "never");

        Assert.All(narrow.Output.Split('\n'), line => Assert.True(line.Length <= 60, line));
    }
}

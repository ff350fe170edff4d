using System.Text.Json;
using Experiments.Storage;
using Orchestrator.Commands;
using Orchestrator.Reading;
using Xunit;

namespace Orchestrator.Tests.Commands;

public sealed class SweepFileCommandsTests : IDisposable
{
    private const string Right = """
        name: lesions
        task: lesions
        size: smoke
        seeds: 3
        sampler: grid
        methods:
          - method: lora
            rank: { choices: [4, 8] }
            steps: { choices: [20, 60] }
          - method: mole
            experts: lora
        """;

    private const string Wrong = """
        name: lesions
        task: lesions
        size: smoke
        methods:
          - method: lora
            rnak: 8
          - method: lroa
        """;

    private readonly ProgramRun _program = new() { Sweeps = new ListedSweeps(ListedSweeps.Sweep("earlier")) };
    private readonly string _right;
    private readonly string _wrong;

    public SweepFileCommandsTests()
    {
        _program.WithFile("right.yaml", Right).WithFile("wrong.yaml", Wrong);
        (_right, _wrong) = (Path.Combine(_program.Folder, "right.yaml"), Path.Combine(_program.Folder, "wrong.yaml"));
    }

    public void Dispose() => _program.Dispose();

    [Fact]
    public async Task Only_what_states_claims_can_be_reproduced()
    {
        Assert.Equal(ExitCode.Refused, await _program.Run("reproduce", _right));

        Assert.StartsWith($"{_right} states no claims; they stand in 'compare'", _program.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plan_counts_trials_and_estimates_time_from_the_store()
    {
        Assert.Equal(ExitCode.Ok, await _program.Run("plan", _right));
        Snapshot.Matches(_program.Output, "plan");
        Assert.Empty(_program.Error);
    }

    [Fact]
    public async Task A_plan_as_json_has_its_schema_and_seconds()
    {
        Assert.Equal(ExitCode.Ok, await _program.Run("plan", _right, "--json"));

        using var document = JsonDocument.Parse(_program.Output);
        var lora = document.RootElement.GetProperty("entries")[0];
        Assert.Equal("orchestrator/plan/1", document.RootElement.GetProperty("schema").GetString());
        Assert.Equal(15, document.RootElement.GetProperty("trials").GetInt32()); // 4 of lora, 1 of mole, times 3
        // Earlier trials took 12.5 s for 60 steps; these take 40 on average, and there are 12.
        Assert.Equal(12.5 * 40 / 60 * 12, lora.GetProperty("device_seconds").GetDouble(), 1e-4);
        Assert.Equal(3, lora.GetProperty("basis").GetInt32());
    }

    [Fact]
    public async Task A_simulated_plan_says_how_long_it_takes_on_so_many_devices()
    {
        Assert.Equal(ExitCode.Ok, await _program.Run("plan", _right, "--simulate", "--devices", "3", "--seconds-per-step", "2", "--json"));

        // A seed a device: lora for 20, 60, 20 and 60 steps, then mole for 100.
        using var document = JsonDocument.Parse(_program.Output);
        var simulation = document.RootElement.GetProperty("simulation");
        Assert.Equal(2 * (20 + 60 + 20 + 60 + 100), simulation.GetProperty("seconds").GetDouble());
        Assert.Equal(1, simulation.GetProperty("busy_share").GetDouble());
        Assert.Equal(15, simulation.GetProperty("trials").GetProperty("completed").GetInt32());
        Assert.Equal(780, simulation.GetProperty("steps").GetInt64());
    }

    [Fact]
    public async Task A_simulated_plan_takes_the_time_of_steps_from_the_store_and_shows_the_rungs()
    {
        _program.WithFile("rungs.yaml", """
            name: rungs
            task: lesions
            size: smoke
            trials: 54
            sampler: random
            scheduler: { type: asha, probes: 0, min_steps: 1 }
            methods:
              - method: lora
                rank: { type: int, low: 1, high: 1024, log: true }
                steps: 81
            """);

        Assert.Equal(
            ExitCode.Ok, await _program.Run("plan", Path.Combine(_program.Folder, "rungs.yaml"), "--simulate", "--losses-per-day", "500"));

        Snapshot.Matches(_program.Output, "plan-simulated");
    }

    [Fact]
    public async Task Without_a_comparable_trial_no_time_is_made_up()
    {
        using var program = new ProgramRun();

        await program.Run("plan", _right);

        Assert.Contains("Time is known once trials of the same task, base and method", program.Output, StringComparison.Ordinal);
        Assert.Contains("?  none", program.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_cannot_be_read_leaves_the_plan_without_times()
    {
        using var program = new ProgramRun { Sweeps = new UnreadableStore() };

        Assert.Equal(ExitCode.Ok, await program.Run("plan", _right));
        Assert.Equal("Times are not known: The store is newer than the program.\n", program.Error);
    }

    [Fact]
    public async Task What_is_set_on_the_command_line_counts()
    {
        await _program.Run("plan", _right, "--set", "seeds=5", "--set", "methods.lora.rank=4", "--json");

        using var document = JsonDocument.Parse(_program.Output);
        Assert.Equal(15, document.RootElement.GetProperty("trials").GetInt32()); // 2 of lora, 1 of mole, times 5
    }

    [Theory]
    [InlineData("plan")]
    [InlineData("validate")]
    public async Task Each_mistake_of_a_file_is_shown_with_its_line(string command)
    {
        Assert.Equal(ExitCode.Refused, await _program.Run(command, _wrong));

        Assert.Empty(_program.Output);
        Assert.Contains("wrong.yaml(6,5): ", _program.Error, StringComparison.Ordinal);
        Assert.Contains("Did you mean 'rank'?", _program.Error, StringComparison.Ordinal);
        Assert.Contains("   6 |     rnak: 8\n     |     ^^^^", _program.Error, StringComparison.Ordinal);
        Assert.Contains("wrong.yaml(7,13): ", _program.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Validate_takes_several_files_and_ends_with_the_number_of_mistakes()
    {
        Assert.Equal(ExitCode.Refused, await _program.Run("validate", _right, _wrong));

        Assert.Equal($"{_right}: right, 5 configurations x 3 seeds = 15 trials\n", _program.Output);
        Assert.EndsWith("\n2 mistakes.\n", _program.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Validate_as_json_places_each_mistake()
    {
        Assert.Equal(ExitCode.Refused, await _program.Run("validate", _right, _wrong, "--json"));

        using var document = JsonDocument.Parse(_program.Output);
        var files = document.RootElement.GetProperty("files");
        Assert.Equal("orchestrator/validate/1", document.RootElement.GetProperty("schema").GetString());
        Assert.True(files[0].GetProperty("right").GetBoolean());
        Assert.Equal((6, 5), (files[1].GetProperty("problems")[0].GetProperty("line").GetInt32(),
            files[1].GetProperty("problems")[0].GetProperty("column").GetInt32()));
    }

    [Fact]
    public async Task What_is_shown_as_resolved_is_a_sweep_file_of_the_same_sweep()
    {
        await _program.Run("validate", _right, "--resolved");
        _program.WithFile("again.yaml", _program.Output);
        var first = _program.Output;

        await _program.Run("validate", Path.Combine(_program.Folder, "again.yaml"), "--resolved");

        Assert.Equal(first, _program.Output);
        Assert.Contains("retries: 3", first, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_named()
    {
        Assert.Equal(ExitCode.Refused, await _program.Run("plan", "nowhere.yaml"));
        Assert.Equal("nowhere.yaml: there is no such file.\n", _program.Error);
    }

    [Fact]
    public async Task The_schema_is_a_json_schema()
    {
        Assert.Equal(ExitCode.Ok, await _program.Run("schema"));

        using var document = JsonDocument.Parse(_program.Output);
        var dialect = document.RootElement.GetProperty("$schema").GetString();
        Assert.StartsWith("http://json-schema.org/draft-07/", dialect, StringComparison.Ordinal);
    }

    private sealed class UnreadableStore : ISweepReader
    {
        public Task<IReadOnlyList<SweepSummary>> List(CancellationToken cancel) =>
            throw new StoreException("The store is newer than the program.");

        public Task<SweepSnapshot> Read(string sweep, CancellationToken cancel) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}

using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Trials;
using Orchestrator.Commands;
using Orchestrator.Reading;
using Xunit;

namespace Orchestrator.Tests.Commands;

public sealed class LogsCommandTests : IDisposable
{
    private readonly ProgramRun _program = new() { Sweeps = new ListedSweeps(Programs()) };

    public void Dispose() => _program.Dispose();

    [Fact]
    public async Task Each_stream_comes_on_the_same_stream_here()
    {
        Write("t2/a1/stdout.log", "out\n");
        Write("t2/a1/stderr.log", "err\n");

        Assert.Equal(ExitCode.Ok, await _program.Run("logs", "lesions", "t2"));

        Assert.Equal(("out\n", "err\n"), (_program.Output, _program.Error));
    }

    [Fact]
    public async Task The_newest_attempt_is_shown_unless_another_is_asked_for()
    {
        Write("t8/a1/stdout.log", "first\n");
        Write("t8/a2/stdout.log", "second\n");

        await _program.Run("logs", "lesions", "8");
        Assert.Equal("second\n", _program.Output);

        await _program.Run("logs", "lesions", "t8", "--attempt", "1");
        Assert.Equal("first\n", _program.Output);
    }

    [Fact]
    public async Task A_silent_program_is_said_to_be_one()
    {
        Assert.Equal(ExitCode.Ok, await _program.Run("logs", "lesions", "t2"));

        Assert.Equal(("", "t2.1 has written nothing.\n"), (_program.Output, _program.Error));
    }

    [Theory]
    [InlineData("t9", "Sweep 'lesions' has no trial 't9'; it has t1 to t8.\n")]
    [InlineData("lora", "Sweep 'lesions' has no trial 'lora'; it has t1 to t8.\n")]
    [InlineData("t1", "t1 runs no program, so it has written nothing of its own.\n")]
    [InlineData("t7", "t7 has not begun yet.\n")]
    [InlineData("t8 --attempt 3", "t8 has no attempt 3; its newest is 2.\n")]
    [InlineData("t8 --attempt 0", "t8 has no attempt 0; its newest is 2.\n")]
    public async Task What_is_not_there_is_said_in_a_sentence(string asked, string sentence)
    {
        Assert.Equal(ExitCode.NoSuchThing, await _program.Run(["logs", "lesions", .. asked.Split(' ')]));

        Assert.Equal(("", sentence), (_program.Output, _program.Error));
    }

    [Fact]
    public async Task Following_goes_on_until_the_attempt_is_over()
    {
        Write("t6/a1/stdout.log", "begun\n");
        using var program = new ProgramRun { Sweeps = new Ending(() => Append("t6/a1/stdout.log", "done\n")) };

        var data = Path.Combine(_program.Folder, ".orchestrator");
        Assert.Equal(ExitCode.Ok, await program.Run("logs", "lesions", "t6", "--follow", "--data", data));

        Assert.Equal("begun\ndone\n", program.Output);
    }

    private void Write(string file, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(file))!);
        File.WriteAllText(PathOf(file), text);
    }

    private void Append(string file, string text) => File.AppendAllText(PathOf(file), text);

    private string PathOf(string file) => Path.Combine(_program.Folder, ".orchestrator", "sweeps", "lesions", "trials", file);

    private static SweepSnapshot Programs()
    {
        var sweep = ListedSweeps.Sweep("lesions");
        var block = sweep.Spec.Tasks[0] with { Command = new CommandSpec { Directory = "/" } };
        return sweep with { Spec = sweep.Spec with { Tasks = [block] } };
    }

    /// <summary>A sweep whose running trial ends, with a last word, after it was asked about twice.</summary>
    private sealed class Ending(Action lastWord) : ISweepReader
    {
        private int _asked;

        public Task<IReadOnlyList<SweepSummary>> List(CancellationToken cancel) =>
            Task.FromResult<IReadOnlyList<SweepSummary>>([Programs().Summary]);

        public Task<SweepSnapshot> Read(string sweep, CancellationToken cancel)
        {
            var programs = Programs();
            if (++_asked < 3)
                return Task.FromResult(programs);
            lastWord();
            return Task.FromResult(programs with
            {
                Trials = [.. programs.Trials.Select(trial => trial with { State = TrialState.Completed })],
            });
        }

        public void Dispose()
        {
        }
    }
}

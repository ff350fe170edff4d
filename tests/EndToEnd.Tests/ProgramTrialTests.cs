using System.Diagnostics;
using Experiments.Storage;
using Experiments.Trials;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>A program as a trial, whose run is killed, then interrupted: nothing of it is left, and its next attempt goes on.</summary>
public sealed class ProgramTrialTests : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);
    private readonly string _data = Directory.CreateTempSubdirectory("programs-").FullName;
    private readonly string _pipe;

    public ProgramTrialTests()
    {
        _pipe = Path.Combine(_data, "pipe");
        using var made = Process.Start("mkfifo", [_pipe]);
        made.WaitForExit();
    }

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task Child_and_grandchild_end_with_the_run_and_the_next_attempt_finds_the_checkpoints()
    {
        string[] command =
        [
            "run", Path.Combine(AppContext.BaseDirectory, "Sweeps", "programs.yaml"), "--data", _data,
            "--set", $"environment={{ PIPE: {_pipe} }}",
        ];
        await using (var run = OrchestratorProcess.Start(command))
        {
            using (var family = await FamilyAsync())
            {
                Assert.Equal(run.Id, Assert.Single(OrchestratorProcess.Of(_data)));
                Assert.DoesNotContain("libtorch", await File.ReadAllTextAsync($"/proc/{run.Id}/maps"), StringComparison.Ordinal);
                run.Kill();
                Assert.Null(await family.ReadLineAsync().WaitAsync(_patience)); // whoever held the pipe is gone
            }

            await run.WaitForExitAsync();
        }

        await using (var run = OrchestratorProcess.Start(command))
        {
            using (var family = await FamilyAsync())
            {
                run.Signal("INT");
                Assert.Null(await family.ReadLineAsync().WaitAsync(_patience));
            }

            Assert.Equal(130, await run.WaitForExitAsync());
        }

        var (exitCode, output, error) = await OrchestratorProcess.RunAsync(command);
        Assert.True(exitCode == 0, error);
        Assert.Contains("no test split", output, StringComparison.Ordinal);
        Assert.Equal("stage 3\n{\"step\": 3, \"stage\": 3}\n", await Logs("3"));
        Assert.Equal("stage 1\n{\"step\": 1, \"stage\": 1}\n", await Logs("1"));
        Assert.False(Directory.Exists(Path.Combine(_data, "sweeps/programs/trials/t0/checkpoints")));
        using var store = LiteDbStore.OpenForReading(_data);
        Assert.Collection(
            store.Read("programs").Select(recorded => recorded.Event).OfType<SweepEvent.AttemptEnded>().Select(ended => ended.Outcome),
            lost => Assert.Equal("Its agent ended, and it with it.", Assert.IsType<AttemptOutcome.Failed>(lost).Message),
            paused => Assert.IsType<AttemptOutcome.Paused>(paused),
            finished => Assert.IsType<AttemptOutcome.Finished>(finished));
        Assert.Empty(OrchestratorProcess.Of(_data));
    }

    private async Task<StreamReader> FamilyAsync()
    {
        var family = await Task.Run(() => new StreamReader(_pipe)).WaitAsync(_patience); // opens when somebody writes
        Assert.Equal("here", await family.ReadLineAsync().WaitAsync(_patience));
        return family;
    }

    private async Task<string> Logs(string attempt)
    {
        var (exitCode, output, error) = await OrchestratorProcess.RunAsync("logs", "programs", "t0", "--attempt", attempt, "--data", _data);
        Assert.True(exitCode == 0, error);
        return output;
    }
}

using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;
using GpuActors.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GpuActors.Tests.Nodes;

/// <summary>The agent with shell scripts in the place of workers.</summary>
public sealed class NodeAgentTests : IDisposable
{
    private const string WaitForLeave = "echo ready; read line; [ \"$line\" = leave ] && exit 0; exit 9";

    private readonly string _dataFolder = Directory.CreateTempSubdirectory("agent-").FullName;
    private readonly Channel<(string Worker, string Reason)> _died = Channel.CreateUnbounded<(string, string)>();

    public static bool HasShell => File.Exists("/bin/sh");

    [Fact(Skip = "No /bin/sh", SkipUnless = nameof(HasShell))]
    public async Task Tells_of_a_crash_at_once_and_starts_another_worker()
    {
        var marker = Path.Combine(_dataFolder, "crashed");
        await using var agent = Agent($"[ -e {marker} ] || {{ touch {marker}; kill -SEGV $$; }}; {WaitForLeave}");
        var run = agent.RunAsync();

        var (worker, reason) = await _died.Reader.ReadAsync();
        var next = await RecordAsync(record => record.Worker != worker);
        await agent.StopAsync(TimeSpan.FromSeconds(10));
        await run;

        Assert.Contains("crashed", reason, StringComparison.Ordinal);
        Assert.EndsWith("-2", next.Worker, StringComparison.Ordinal);
    }

    [Fact(Skip = "No /bin/sh", SkipUnless = nameof(HasShell))]
    public async Task Asks_workers_to_leave_and_forgets_them()
    {
        await using var agent = Agent(WaitForLeave);
        var run = agent.RunAsync();
        var worker = await RecordAsync(_ => true);

        await agent.StopAsync(TimeSpan.FromSeconds(10));
        await run;

        Assert.Null(ProcessIdentity.Of(worker.Process.Id));
        Assert.Empty(Records());
        Assert.False(_died.Reader.TryRead(out _));
    }

    [Fact(Skip = "No /bin/sh", SkipUnless = nameof(HasShell))]
    public async Task Kills_workers_that_do_not_leave()
    {
        await using var agent = Agent("while :; do read line || exit; done");
        var run = agent.RunAsync();
        var worker = await RecordAsync(_ => true);

        await agent.StopAsync(TimeSpan.Zero);
        await run;

        Assert.Null(ProcessIdentity.Of(worker.Process.Id));
    }

    [Fact(Skip = "No /bin/sh", SkipUnless = nameof(HasShell))]
    public async Task A_worker_that_was_let_go_can_be_asked_to_leave_and_killed_all_the_same()
    {
        using var launcher = new ProcessLauncher();
        var settings = new WorkerSettings { Join = ["127.0.0.1:1"], Device = "cpu:0", DataFolder = _dataFolder, Id = "w" };
        var worker = await WorkerProcess.StartAsync(
            launcher, new ProgramPath("/bin/sh", ["-c", "read line"]), settings, [], new Dictionary<string, string>());

        worker.Dispose(); // as its supervisor does at its end, while somebody else stops all; its input ends, and with it the script

        Assert.Null(await Record.ExceptionAsync(worker.AskToLeaveAsync));
        Assert.Null(Record.Exception(worker.Kill));
    }

    [Fact(Skip = "No /bin/sh", SkipUnless = nameof(HasShell))]
    public async Task Gives_up_when_no_worker_can_start_and_says_what_the_last_one_said()
    {
        await using var agent = Agent("echo 'libtorch cannot be loaded.' >&2; exit 2");

        var failure = await Assert.ThrowsAsync<WorkerStartException>(agent.RunAsync);

        Assert.Equal("libtorch cannot be loaded.", failure.Message);
    }

    [Fact(Skip = "No /bin/sh", SkipUnless = nameof(HasShell))]
    public async Task Gives_up_when_workers_crash_before_they_are_ready()
    {
        await using var agent = Agent("kill -SEGV $$");

        var failure = await Assert.ThrowsAsync<WorkerStartException>(agent.RunAsync);

        Assert.Equal("No worker process can be started. It crashed (exit code 139).", failure.Message);
    }

    [Fact(Skip = "No /bin/sh", SkipUnless = nameof(HasShell))]
    public async Task Goes_on_after_any_number_of_crashes_of_workers_that_were_ready()
    {
        var crashes = Path.Combine(_dataFolder, "crashes");
        await using var agent = Agent(
            $"echo ready; [ $(cat {crashes} 2>/dev/null | wc -l) = 6 ] || {{ echo >> {crashes}; kill -SEGV $$; }}; {WaitForLeave}");
        var run = agent.RunAsync();

        for (var crash = 0; crash < 6; crash++)
            await _died.Reader.ReadAsync();
        var seventh = await RecordAsync(record => record.Worker.EndsWith("-7", StringComparison.Ordinal));
        await agent.StopAsync(TimeSpan.FromSeconds(10));
        await run;

        Assert.Equal("cpu:0", seventh.Device);
    }

    [Fact(Skip = "No /bin/sh", SkipUnless = nameof(HasShell))]
    public async Task A_machine_ends_when_its_workers_were_left_alone()
    {
        var node = new WorkerNodeSettings
        {
            Join = ["127.0.0.1:1"],
            Devices = ["cpu:0", "cpu:1"],
            DataFolder = _dataFolder,
            Program = new ProgramPath("/bin/sh", ["-c", $"echo ready; exit {ExitCodes.Orphaned}"]),
        };

        await new WorkerNode(node, NullLoggerFactory.Instance, TimeProvider.System).RunAsync(CancellationToken.None);

        Assert.Empty(Directory.GetFiles(Path.Combine(_dataFolder, "workers"), "*", SearchOption.AllDirectories));
    }

    [Fact(Skip = "No /bin/sh", SkipUnless = nameof(HasShell))]
    public async Task Ends_what_an_earlier_agent_has_left_but_no_stranger_with_its_process_id()
    {
        using var left = Process.Start("/bin/sleep", "1000");
        using var stranger = Process.Start("/bin/sleep", "1000");
        var records = new WorkerRecords(_dataFolder, TimeProvider.System, NullLogger.Instance);
        var (mine, strangers) = (ProcessIdentity.Of(left.Id)!, ProcessIdentity.Of(stranger.Id)!);
        var gone = strangers with { Started = 1 };
        records.Add(new WorkerRecord("w-left", "cpu:0", mine, Agent: gone));
        records.Add(new WorkerRecord("w-gone", "cpu:1", gone, Agent: gone));
        records.Add(new WorkerRecord("w-others", "cpu:2", strangers, Agent: ProcessIdentity.Of(Environment.ProcessId)!));

        await using var agent = Agent(WaitForLeave);
        var run = agent.RunAsync();
        string[] told = [(await _died.Reader.ReadAsync()).Worker, (await _died.Reader.ReadAsync()).Worker];
        await left.WaitForExitAsync();
        await agent.StopAsync(TimeSpan.FromSeconds(10));
        await run;

        Assert.Equal(["w-gone", "w-left"], told);
        Assert.False(stranger.HasExited);
        stranger.Kill();
    }

    [Fact(Skip = "No /bin/sh", SkipUnless = nameof(HasShell))]
    public async Task A_worker_is_told_who_it_is_and_whose_child()
    {
        var told = Path.Combine(_dataFolder, "told");
        await using var agent = Agent($"echo \"$@\" threads=$OMP_NUM_THREADS > {told}.tmp; mv {told}.tmp {told}; {WaitForLeave}");
        var run = agent.RunAsync();
        await RecordAsync(_ => File.Exists(told));

        await agent.StopAsync(TimeSpan.FromSeconds(10));
        await run;

        var arguments = await File.ReadAllTextAsync(told);
        Assert.StartsWith($"--join 127.0.0.1:1 --device cpu:0 --data {_dataFolder}", arguments, StringComparison.Ordinal);
        Assert.Contains($"--parent {Environment.ProcessId}", arguments, StringComparison.Ordinal);
        Assert.EndsWith("--seq http://seq threads=3\n", arguments, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_dataFolder, recursive: true);

    private NodeAgent Agent(string script)
    {
        var settings = new NodeAgentSettings
        {
            Devices = ["cpu:0"],
            DataFolder = _dataFolder,
            Program = new ProgramPath("/bin/sh", ["-c", script]),
            ExtraArguments = ["--seq", "http://seq"],
            Worker = (device, id) => new WorkerSettings
            {
                Join = ["127.0.0.1:1"],
                Device = device,
                DataFolder = _dataFolder,
                Id = id,
                Threads = 3,
                Parent = Environment.ProcessId,
            },
        };
        return new NodeAgent(settings, Died, TimeProvider.System, NullLogger.Instance);
    }

    private IEnumerable<WorkerRecord> Records() => Directory
        .GetFiles(Path.Combine(_dataFolder, "workers"), "*.json", SearchOption.AllDirectories)
        .Select(file => JsonSerializer.Deserialize(File.ReadAllBytes(file), WorkerRecordContext.Default.WorkerRecord)!);

    private Task Died(string worker, string reason) => _died.Writer.WriteAsync((worker, reason)).AsTask();

    /// <summary>Waits until a worker is recorded and something holds of it.</summary>
    private async Task<WorkerRecord> RecordAsync(Func<WorkerRecord, bool> holds)
    {
        using var changed = new SemaphoreSlim(1);
        using var watcher = new FileSystemWatcher(_dataFolder) { IncludeSubdirectories = true, EnableRaisingEvents = true };
        watcher.Created += (_, _) => changed.Release();
        watcher.Renamed += (_, _) => changed.Release();
        while (true)
        {
            Assert.True(await changed.WaitAsync(TimeSpan.FromSeconds(30)), "No such worker was recorded.");
            if (Records().FirstOrDefault(holds) is { } record)
                return record;
        }
    }
}

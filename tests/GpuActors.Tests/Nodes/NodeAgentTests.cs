using System.Diagnostics;
using System.Threading.Channels;
using GpuActors.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GpuActors.Tests.Nodes;

/// <summary>The agent with shell scripts in the place of workers.</summary>
public sealed class NodeAgentTests : IDisposable
{
    private const string WaitForLeave = "read line; [ \"$line\" = leave ] && exit 0; exit 9";

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
        Assert.Empty(new WorkerRecords(_dataFolder).Left());
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
    public async Task Gives_up_when_no_worker_can_start_and_says_what_the_last_one_said()
    {
        await using var agent = Agent("echo 'libtorch cannot be loaded.' >&2; exit 2");

        var failure = await Assert.ThrowsAsync<WorkerStartException>(agent.RunAsync);

        Assert.Equal("libtorch cannot be loaded.", failure.Message);
    }

    [Fact(Skip = "No /bin/sh", SkipUnless = nameof(HasShell))]
    public async Task Ends_what_an_earlier_agent_has_left_but_no_stranger_with_its_process_id()
    {
        using var left = Process.Start("/bin/sleep", "1000");
        using var stranger = Process.Start("/bin/sleep", "1000");
        var records = new WorkerRecords(_dataFolder);
        records.Add(new WorkerRecord("w-left", "cpu:0", ProcessIdentity.Of(left.Id)!));
        records.Add(new WorkerRecord("w-gone", "cpu:1", ProcessIdentity.Of(stranger.Id)! with { Started = 1 }));

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
            if (new WorkerRecords(_dataFolder).Left().FirstOrDefault(holds) is { } record)
                return record;
        }
    }
}

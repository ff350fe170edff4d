using System.Diagnostics;
using GpuActors.Commands;
using GpuActors.Nodes;
using Xunit;

namespace GpuActors.Tests.Commands;

/// <summary>Whether all of a program's processes end, by each of the ways to end them. The processes hold a named pipe open, so
/// that its end is theirs.</summary>
public sealed class ProcessGroupTests : IDisposable
{
    /// <summary>A child and a grandchild that no request to end impresses; what holds the pipe last is the grandchild.</summary>
    private const string Family =
        """
        exec 3> "$1"
        trap '' TERM HUP INT
        sh -c 'sh -c "echo here >&3; while :; do sleep 0.05; done" & wait' &
        wait
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("group-").FullName;
    private readonly string _pipe;

    public ProcessGroupTests()
    {
        _pipe = Path.Combine(_folder, "pipe");
        using var made = Process.Start("mkfifo", [_pipe]);
        made.WaitForExit();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_kill_ends_child_and_grandchild()
    {
        using var group = Start();
        using var family = Opened(group);

        group.Kill();

        Assert.Null(family.ReadLine());
    }

    [Fact]
    public void The_watcher_ends_them_when_its_worker_is_gone()
    {
        var watcher = new ProcessGroupWatcher();
        using var group = Start();
        watcher.Watch(group);
        using var family = Opened(group);

        watcher.Dispose(); // closes its pipe, as the system does for a worker that was killed

        Assert.Null(family.ReadLine());
    }

    [Fact]
    public async Task A_group_that_is_forgotten_is_not_the_watchers_any_more()
    {
        using var watcher = new ProcessGroupWatcher();
        using var first = ProcessGroup.Start(["true"], "/", []);
        watcher.Watch(first);
        first.Open();
        Assert.Equal(0, await first.ExitAsync());
        watcher.Forget();
        using var group = Start();
        using var family = Opened(group);

        watcher.Dispose();

        Assert.NotNull(ProcessIdentity.Of(group.Leader.Id));
        group.Kill();
        Assert.Null(family.ReadLine());
    }

    [Fact]
    public async Task A_program_whose_gate_was_never_opened_never_began()
    {
        using var group = ProcessGroup.Start(["sh", "-c", Family, "sh", _pipe], "/", []);

        group.Dispose(); // closes the gate's pipe, as the end of the worker does

        await WaitUntilGoneAsync(group.Leader);
        Assert.Null(ProcessIdentity.Of(group.Leader.Id));
    }

    [Fact]
    public void What_a_run_left_is_ended_by_the_next_agent_and_a_living_workers_is_left_alone()
    {
        using var group = Start();
        using var family = Opened(group);
        var record = new ProcessGroupRecord(_folder);
        record.Write(group.Leader);

        Assert.Empty(ProcessGroupRecord.EndLeftovers(_folder));

        var file = Assert.Single(Directory.GetFiles(_folder, "*.json", SearchOption.AllDirectories));
        var own = ProcessIdentity.Of(Environment.ProcessId)!;
        File.WriteAllText(file, File.ReadAllText(file).Replace($"{own.Started}", "1", StringComparison.Ordinal));
        Assert.Equal([group.Leader.Id], ProcessGroupRecord.EndLeftovers(_folder));
        Assert.Null(family.ReadLine());
        Assert.False(File.Exists(file));
    }

    [Fact]
    public void A_leader_that_is_another_process_by_now_is_left_alone()
    {
        using var group = Start();
        using var family = Opened(group);

        Assert.False(ProcessGroup.Kill(group.Leader with { Started = group.Leader.Started - 1 }));

        Assert.True(ProcessGroup.Kill(group.Leader));
        Assert.Null(family.ReadLine());
    }

    [Fact]
    public void Its_memory_is_that_of_all_its_processes()
    {
        using var group = Start();
        using var family = Opened(group);

        Assert.InRange(group.Memory(), 500_000, 500_000_000);

        group.Kill();
    }

    private ProcessGroup Start() => ProcessGroup.Start(["sh", "-c", Family, "sh", _pipe], "/", []);

    /// <summary>Lets the program begin and waits until its grandchild is there.</summary>
    private StreamReader Opened(ProcessGroup group)
    {
        group.Open();
        var family = new StreamReader(_pipe);
        Assert.Equal("here", family.ReadLine());
        return family;
    }

    private static async Task WaitUntilGoneAsync(ProcessIdentity leader)
    {
        try
        {
            using var process = Process.GetProcessById(leader.Id);
            await process.WaitForExitAsync();
        }
        catch (ArgumentException)
        {
            // It is gone already.
        }
    }
}

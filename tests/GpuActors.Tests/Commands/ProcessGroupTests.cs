using System.Diagnostics;
using GpuActors.Commands;
using GpuActors.Nodes;
using Xunit;

namespace GpuActors.Tests.Commands;

/// <summary>Whether all of a program's processes end, by each of the ways to end them. The processes hold a named pipe open, so
/// that its end is theirs.</summary>
public sealed class ProcessGroupTests : IDisposable
{
    private const string Mark = "7.7.7";

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
        using var family = Opened();

        group.Kill();

        Assert.Null(family.ReadLine());
    }

    [Fact]
    public void The_watcher_ends_them_when_its_worker_is_gone()
    {
        var watcher = new ProcessGroupWatcher();
        watcher.Expect(Mark);
        using var group = Start();
        watcher.Watch(group);
        using var family = Opened();

        watcher.Dispose(); // closes its pipe, as the system does for a worker that was killed

        Assert.Null(family.ReadLine());
    }

    [Fact]
    public void A_group_that_is_forgotten_is_not_the_watchers_any_more()
    {
        using var watcher = new ProcessGroupWatcher();
        watcher.Expect(Mark);
        using var first = ProcessGroup.Start(["true"], "/", [], Mark);
        watcher.Watch(first);
        Assert.True(SpinWait.SpinUntil(() => first.ExitCode == 0, TimeSpan.FromSeconds(30)));
        watcher.Forget("7.7.8");
        using var group = Start();
        using var family = Opened();

        watcher.Dispose();

        Assert.NotNull(ProcessIdentity.Of(group.Leader.Id));
        group.Kill();
        Assert.Null(family.ReadLine());
    }

    [Fact]
    public void The_watcher_finds_a_program_whose_id_it_was_never_told()
    {
        var watcher = new ProcessGroupWatcher();
        watcher.Expect(Mark);
        using var other = ProcessGroup.Start(["sleep", "600"], "/", [], "1.2.3");
        using var group = Start();
        using var family = Opened();

        watcher.Dispose();

        Assert.Null(family.ReadLine());
        Assert.Null(other.ExitCode);
        other.Kill();
    }

    [Fact]
    public void What_a_worker_started_and_had_no_time_to_write_down_is_ended_by_the_next_agent()
    {
        using var earlier = ProcessGroup.Start(["sleep", "600"], "/", [], "999999999.1.1.4");
        using var group = ProcessGroup.Start(["sh", "-c", Family, "sh", _pipe], "/", [], "999999999.1.1.5");
        using var family = Opened();
        using (new ProcessGroupRecord(_folder))
        {
            var own = Assert.Single(Directory.GetFiles(_folder, "*.json", SearchOption.AllDirectories));
            File.WriteAllText(own + ".json", """{"leader":null,"worker":{"id":999999999,"started":1},"record":1,"programs":4}""");
        }

        Assert.Equal([group.Leader.Id], ProcessGroupRecord.EndLeftovers(_folder));

        Assert.Null(family.ReadLine());
        Assert.Null(earlier.ExitCode); // it was in hand, and its worker wrote down another, so it has left on purpose
        earlier.Kill();
    }

    [Fact]
    public void Marks_are_told_apart_within_a_process_too()
    {
        using var one = new ProcessGroupRecord(Path.Combine(_folder, "one"));
        using var other = new ProcessGroupRecord(Path.Combine(_folder, "other"));

        Assert.NotEqual(one.NextMark, other.NextMark);
    }

    [Fact]
    public void What_a_run_left_is_ended_by_the_next_agent_and_a_living_workers_is_left_alone()
    {
        using var group = Start();
        using var family = Opened();
        var record = new ProcessGroupRecord(_folder);
        record.Add(group.Leader);

        Assert.Empty(ProcessGroupRecord.EndLeftovers(_folder));

        var file = Assert.Single(Directory.GetFiles(_folder, "*.json", SearchOption.AllDirectories));
        var own = ProcessIdentity.Of(Environment.ProcessId)!;
        File.WriteAllText(file, File.ReadAllText(file).Replace($"{own.Started}", "1", StringComparison.Ordinal));
        Assert.Equal([group.Leader.Id], ProcessGroupRecord.EndLeftovers(_folder));
        Assert.Null(family.ReadLine());
        Assert.False(File.Exists(file));
    }

    [Fact]
    public void A_line_that_a_worker_did_not_end_gives_way_to_the_one_before()
    {
        using var group = ProcessGroup.Start(["sh", "-c", Family, "sh", _pipe], "/", [], "999999999.1.1.6");
        using var family = Opened();
        using (new ProcessGroupRecord(_folder))
        {
            var own = Assert.Single(Directory.GetFiles(_folder, "*.json", SearchOption.AllDirectories));
            File.WriteAllText(
                own + ".json", """{"leader":null,"worker":{"id":999999999,"started":1},"record":1,"programs":5}""" + "\n{\"leader\":{\"id");
        }

        Assert.Equal([group.Leader.Id], ProcessGroupRecord.EndLeftovers(_folder));

        Assert.Null(family.ReadLine());
    }

    [Fact]
    public void A_leader_that_is_another_process_by_now_is_left_alone()
    {
        using var group = Start();
        using var family = Opened();

        Assert.False(ProcessGroup.Kill(group.Leader with { Started = group.Leader.Started - 1 }));

        Assert.True(ProcessGroup.Kill(group.Leader));
        Assert.Null(family.ReadLine());
    }

    [Fact]
    public void Its_memory_is_that_of_all_its_processes()
    {
        using var group = Start();
        using var family = Opened();

        Assert.InRange(group.Memory(), 500_000, 500_000_000);

        group.Kill();
    }

    private ProcessGroup Start() => ProcessGroup.Start(["sh", "-c", Family, "sh", _pipe], "/", [], Mark);

    /// <summary>Waits until the program's grandchild is there.</summary>
    private StreamReader Opened()
    {
        var family = new StreamReader(_pipe);
        Assert.Equal("here", family.ReadLine());
        return family;
    }
}

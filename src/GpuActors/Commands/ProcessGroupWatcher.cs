using System.ComponentModel;
using System.Globalization;
using System.Text;
using Experiments.Trials;

namespace GpuActors.Commands;

/// <summary>
/// A small process beside the worker that is told which group the worker runs, and kills it when the worker's end of the pipe
/// is gone: by whatever way a worker ends, its program ends too. Before it is told an id it is told a mark, so that there is no
/// moment in which it knows of nothing.
/// </summary>
internal sealed class ProcessGroupWatcher : IDisposable
{
    private const string Nothing = "0";

    private const string Script = $$"""
        exec >/dev/null 2>&1
        trap '' TERM INT HUP
        group={{Nothing}}
        while read -r line; do group=$line; done
        case $group in
        {{Nothing}}) ;;
        *.*)
            for process in /proc/[0-9]*; do
                grep -qzxF "{{ProcessGroup.MarkVariable}}=$group" "$process/environ" && kill -s KILL -- "-${process#/proc/}"
            done ;;
        *) kill -s KILL -- "-$group" ;;
        esac
        """;

    private SessionProcess? _process;
    private string? _told;

    /// <summary>A program with that mark is about to be started.</summary>
    /// <exception cref="CommandException">When no watcher can be started.</exception>
    public void Expect(string mark)
    {
        if (_process is null or { ExitCode: not null })
            Start();
        Tell(mark);
    }

    /// <summary>It was started.</summary>
    public void Watch(ProcessGroup group) => Tell(group.Leader.Id.ToString(CultureInfo.InvariantCulture));

    /// <summary>It is gone, and its id may be given to others; the next one will have that mark.</summary>
    public void Forget(string next) => Tell(next);

    /// <summary>It is gone, and no other is started: the watcher need not look for one at its end.</summary>
    public void Forget()
    {
        if (_process is not null)
            Tell(Nothing);
    }

    /// <summary>Ends the watcher, and with it the group that it watches.</summary>
    public void Dispose()
    {
        _process?.Dispose();
        _process = null;
    }

    private void Start()
    {
        _process?.Dispose();
        _told = null;
        try
        {
            _process = SessionProcess.Start(["sh", "-c", Script], "/", [], listens: true);
        }
        catch (Win32Exception failure)
        {
            throw new CommandException(FailureCause.Error, $"'sh', which watches the program, cannot be run: {failure.Message}.");
        }
    }

    private void Tell(string words)
    {
        if (words == _told)
            return;

        _told = words;
        try
        {
            _process!.Input!.Write(Encoding.ASCII.GetBytes($"{words}\n"));
        }
        catch (IOException)
        {
            // Somebody has killed it. The worker ends its groups itself as long as it lives.
        }
    }
}

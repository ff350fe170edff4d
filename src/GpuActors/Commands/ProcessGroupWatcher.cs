using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Experiments.Trials;

namespace GpuActors.Commands;

/// <summary>
/// A small process beside the worker that is told which group the worker runs, and kills it when the worker's end of the pipe
/// is gone: by whatever way a worker ends, its program ends too.
/// </summary>
internal sealed class ProcessGroupWatcher : IDisposable
{
    private const string Script = """
        exec >/dev/null 2>&1
        trap '' TERM INT HUP
        group=0
        while read -r line; do group=$line; done
        [ "$group" -gt 1 ] && kill -s KILL -- "-$group"
        """;

    private Process? _process;

    /// <summary>A group was started.</summary>
    /// <exception cref="CommandException">When no watcher can be started.</exception>
    public void Watch(ProcessGroup group)
    {
        if (_process is null or { HasExited: true })
            Start();
        Tell(group.Leader.Id);
    }

    /// <summary>The group is gone; its id may be given to others.</summary>
    public void Forget() => Tell(0);

    /// <summary>Ends the watcher, and with it the group that it watches.</summary>
    public void Dispose()
    {
        _process?.StandardInput.Close();
        _process?.Dispose();
        _process = null;
    }

    private void Start()
    {
        _process?.Dispose();
        try
        {
            _process = Process.Start(new ProcessStartInfo("setsid", ["sh", "-c", Script])
            {
                RedirectStandardInput = true, UseShellExecute = false, WorkingDirectory = "/",
            })!;
        }
        catch (Win32Exception failure)
        {
            throw new CommandException(FailureCause.Error, $"'setsid' cannot be run: {failure.Message}. It comes with util-linux.");
        }
    }

    private void Tell(int group)
    {
        try
        {
            _process!.StandardInput.Write(string.Create(CultureInfo.InvariantCulture, $"{group}\n"));
            _process.StandardInput.Flush();
        }
        catch (IOException)
        {
            // Somebody has killed it. The worker ends its groups itself as long as it lives.
        }
    }
}

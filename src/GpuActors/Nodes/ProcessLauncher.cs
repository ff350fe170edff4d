using System.Collections.Concurrent;
using System.Diagnostics;

namespace GpuActors.Nodes;

/// <summary>
/// Starts processes from one thread that lives as long as they do: Linux sends the signal that a parent died when the
/// <em>thread</em> ends that started the child.
/// </summary>
internal sealed class ProcessLauncher : IDisposable
{
    private readonly BlockingCollection<(ProcessStartInfo Start, TaskCompletionSource<Process> Started)> _jobs = [];

    public ProcessLauncher() => new Thread(Work) { IsBackground = true, Name = "launcher" }.Start();

    /// <summary>Starts a process.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">When the file cannot be run.</exception>
    public Task<Process> StartAsync(ProcessStartInfo start)
    {
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        _jobs.Add((start, started));
        return started.Task;
    }

    /// <summary>Ends the thread, and with it every child that is bound to this process.</summary>
    public void Dispose() => _jobs.CompleteAdding();

    private void Work()
    {
        foreach (var (start, started) in _jobs.GetConsumingEnumerable())
        {
            try
            {
                started.SetResult(Process.Start(start)!);
            }
#pragma warning disable CA1031 // It is the asker's, whatever it is.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                started.SetException(failure);
            }
        }

        _jobs.Dispose();
    }
}

using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Experiments.Trials;
using GpuActors.Nodes;

namespace GpuActors.Commands;

/// <summary>
/// A program in a session and process group of its own, so that a signal reaches it with all that it starts, and no signal
/// meant for others reaches it. It is started behind a gate, a shell that becomes the program once it may: until then the end
/// of this process ends it, so that there is no moment in which nobody would.
/// </summary>
internal sealed partial class ProcessGroup : IDisposable
{
    /// <summary>Ask to end.</summary>
    public const int Terminate = 15; // SIGTERM

    private const int KillSignal = 9; // SIGKILL
    private const string WaitAtGate = """read -r _ || exit 125; exec "$@" </dev/null""";

    private readonly Process _process;
    private readonly StreamWriter _gate;

    private ProcessGroup(Process process, ProcessIdentity leader)
    {
        (_process, Leader, _gate) = (process, leader, process.StandardInput);
        (Output, Error) = (process.StandardOutput.BaseStream, process.StandardError.BaseStream);
    }

    /// <summary>The program's own process, whose id is the group's.</summary>
    public ProcessIdentity Leader { get; }

    /// <summary>What it writes to standard output.</summary>
    public Stream Output { get; }

    /// <summary>What it writes to standard error.</summary>
    public Stream Error { get; }

    /// <summary>Starts a group whose program waits for <see cref="Open"/>.</summary>
    /// <param name="arguments">Program and arguments.</param>
    /// <param name="directory">Its working folder.</param>
    /// <param name="environment">Variables besides those of this process.</param>
    /// <exception cref="CommandException">When the folder or the tools that start programs are not there.</exception>
    public static ProcessGroup Start(
        IEnumerable<string> arguments, string directory, IEnumerable<KeyValuePair<string, string>> environment)
    {
        var start = new ProcessStartInfo("setsid")
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in (string[])["sh", "-c", WaitAtGate, "sh", .. arguments])
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        try
        {
            var process = Process.Start(start)!;
            var leader = ProcessIdentity.Of(process.Id)
                ?? throw new CommandException(FailureCause.Error, "The program's shell ended before the program began.");
            return new ProcessGroup(process, leader);
        }
        catch (Win32Exception failure)
        {
            throw new CommandException(FailureCause.Error, Directory.Exists(directory)
                ? $"'setsid', which puts a program into a session of its own, cannot be run: {failure.Message}. It comes with util-linux."
                : $"The working folder {directory} is not on this machine.");
        }
    }

    /// <summary>Lets the program begin.</summary>
    public void Open()
    {
        try
        {
            _gate.Write('\n');
            _gate.Close();
        }
        catch (IOException)
        {
            // The group was killed at once.
        }
    }

    /// <summary>Whether the program itself has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Whether none of its processes is left.</summary>
    public bool IsEmpty => SendSignal(-Leader.Id, 0) != 0;

    /// <summary>Sends a signal to all its processes, if there are any left.</summary>
    public void Signal(int signal) => _ = SendSignal(-Leader.Id, signal);

    /// <summary>Kills all its processes.</summary>
    public void Kill() => Signal(KillSignal);

    /// <summary>Completes with the program's exit code, 128 + the signal's number where a signal ended it. Others of the group may
    /// live on.</summary>
    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    /// <summary>Resident memory of all processes of the session together, in bytes; pages that several share count for each.</summary>
    public long Memory() => SessionMemory.Of(Leader.Id);

    /// <summary>Lets the handles go; does not end a group whose gate was opened.</summary>
    public void Dispose()
    {
        _gate.Dispose();
        Output.Dispose();
        Error.Dispose();
        _process.Dispose();
    }

    /// <summary>Kills the group that an earlier process started, if its leader is still that.</summary>
    /// <returns>Whether it was.</returns>
    public static bool Kill(ProcessIdentity leader)
    {
        if (ProcessIdentity.Of(leader.Id) != leader)
            return false;
        _ = SendSignal(-leader.Id, KillSignal);
        return true;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}

using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Experiments.Trials;
using GpuActors.Nodes;

namespace GpuActors.Commands;

/// <summary>
/// A program in a session and process group of its own, so that a signal reaches it with all that it starts, and no signal
/// meant for others reaches it. It bears a mark in its environment, by which it is found when its worker died before anybody was
/// told its id.
/// </summary>
internal sealed partial class ProcessGroup : IDisposable
{
    /// <summary>Ask to end.</summary>
    public const int Terminate = 15; // SIGTERM

    private const int KillSignal = 9; // SIGKILL
    private const int NotThere = 2; // ENOENT
    private const int NotAllowed = 13; // EACCES

    /// <summary>Variable that holds the mark.</summary>
    public const string MarkVariable = "ORCHESTRATOR_PROGRAM";

    private readonly SessionProcess _process;

    private ProcessGroup(SessionProcess process, ProcessIdentity leader) => (_process, Leader) = (process, leader);

    /// <summary>The program's own process, whose id is the group's.</summary>
    public ProcessIdentity Leader { get; }

    /// <summary>What it writes to standard output.</summary>
    public FileStream Output => _process.Output;

    /// <summary>What it writes to standard error.</summary>
    public FileStream Error => _process.Error;

    /// <summary>Starts a program.</summary>
    /// <param name="arguments">Program and arguments.</param>
    /// <param name="directory">Its working folder.</param>
    /// <param name="environment">Variables besides those of this process.</param>
    /// <param name="mark">Its mark, which no other program has.</param>
    /// <exception cref="CommandException">When the folder or the program is not there, or it cannot be run.</exception>
    public static ProcessGroup Start(
        IReadOnlyList<string> arguments, string directory, IEnumerable<KeyValuePair<string, string>> environment, string mark)
    {
        try
        {
            var process = SessionProcess.Start(arguments, directory, environment.Append(new(MarkVariable, mark)));
            return new ProcessGroup(process, ProcessIdentity.Of(process.Id)!); // it is there until it is reaped
        }
        catch (Win32Exception failure)
        {
            throw new CommandException(FailureCause.Error, !Directory.Exists(directory)
                ? $"The working folder {directory} is not on this machine."
                : failure.NativeErrorCode switch
                {
                    NotThere => ExitWords.Of(127, arguments[0], []),
                    NotAllowed => ExitWords.Of(126, arguments[0], []),
                    _ => $"'{arguments[0]}' cannot be run: {failure.Message}.",
                });
        }
    }

    /// <summary>The program's exit code, 128 + the signal's number where a signal ended it; null while it runs. Others of the group
    /// may live on.</summary>
    public int? ExitCode => _process.ExitCode;

    /// <summary>Lets the id of the ended program go; only then can the group be seen to be empty.</summary>
    public void Reap() => _process.Reap();

    /// <summary>Whether none of its processes is left.</summary>
    public bool IsEmpty => SendSignal(-Leader.Id, 0) != 0;

    /// <summary>Sends a signal to all its processes, if there are any left.</summary>
    public void Signal(int signal) => _ = SendSignal(-Leader.Id, signal);

    /// <summary>Kills all its processes.</summary>
    public void Kill() => Signal(KillSignal);

    /// <summary>Resident memory of all processes of the session together, in bytes; pages that several share count for each.</summary>
    public long Memory() => SessionMemory.Of(Leader.Id);

    /// <summary>Lets the handles go; does not end it.</summary>
    public void Dispose() => _process.Dispose();

    /// <summary>Kills the group that an earlier process started, if its leader is still that.</summary>
    /// <returns>Whether it was.</returns>
    public static bool Kill(ProcessIdentity leader)
    {
        if (ProcessIdentity.Of(leader.Id) != leader)
            return false;
        _ = SendSignal(-leader.Id, KillSignal);
        return true;
    }

    /// <summary>Kills the group of the program with that mark, if there is one.</summary>
    /// <returns>Its id; null where there is none.</returns>
    public static int? Kill(string mark)
    {
        var sought = Encoding.UTF8.GetBytes($"\0{MarkVariable}={mark}\0");
        foreach (var folder in Directory.Exists("/proc") ? Directory.EnumerateDirectories("/proc") : [])
        {
            if (int.TryParse(folder.AsSpan("/proc/".Length), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && EnvironmentOf(folder).AsSpan().IndexOf(sought) >= 0
                && SendSignal(-id, KillSignal) == 0)
                return id;
        }

        return null;
    }

    /// <summary>A process's variables, each between two zeros; empty where it is gone or another user's.</summary>
    private static byte[] EnvironmentOf(string folder)
    {
        try
        {
            return [0, .. File.ReadAllBytes(Path.Combine(folder, "environ"))];
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}

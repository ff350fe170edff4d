using System.Collections;
using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace GpuActors.Commands;

/// <summary>
/// A child that leads a session and a process group of its own from its first instruction, by posix_spawn(3): .NET's own
/// <see cref="System.Diagnostics.Process"/> starts children in the session of their parent, and a program that would move itself
/// (setsid(1)) costs as much again as the one that is wanted.
/// </summary>
internal sealed unsafe partial class SessionProcess : IDisposable
{
    // The structures are of 80 and 336 bytes in glibc, and less in musl; sets of signals and siginfo_t of 128.
    private const int RoomForStructure = 512;
    private const int RoomForSignals = 128;
    private const short DefaultSignals = 0x04; // POSIX_SPAWN_SETSIGDEF
    private const short SignalMask = 0x08; // POSIX_SPAWN_SETSIGMASK
    private const short NewSession = 0x80; // POSIX_SPAWN_SETSID
    private const int CloseOnExec = 0x80000; // O_CLOEXEC
    private const int ProcessOfId = 1; // P_PID
    private const int Look = 0x01000005; // WNOWAIT | WEXITED | WNOHANG
    private const int ExitedByItself = 1; // CLD_EXITED
    private const short Readable = 1; // POLLIN
    private const int Interrupted = 4; // EINTR
    private const int NotThere = 2; // ENOENT
    private const int MayRun = 1; // X_OK
    private const int NoProgramFile = 8; // ENOEXEC

    private bool _isReaped;

    private SessionProcess(int id, SafeFileHandle? input, SafeFileHandle output, SafeFileHandle error)
    {
        Id = id;
        Input = input is null ? null : new FileStream(input, FileAccess.Write, bufferSize: 0);
        Output = new FileStream(output, FileAccess.Read, bufferSize: 0);
        Error = new FileStream(error, FileAccess.Read, bufferSize: 0);
    }

    /// <summary>Its process id, which is its session's and its group's too.</summary>
    public int Id { get; }

    /// <summary>Its standard input; null where that is empty.</summary>
    public FileStream? Input { get; }

    /// <summary>What it writes to standard output.</summary>
    public FileStream Output { get; }

    /// <summary>What it writes to standard error.</summary>
    public FileStream Error { get; }

    /// <summary>Its exit code, or 128 + the number of the signal that ended it; null while it runs. Its id stays its own until
    /// <see cref="Reap"/>.</summary>
    /// <exception cref="InvalidOperationException">When it was reaped, by <see cref="Reap"/> or behind our back.</exception>
    public int? ExitCode
    {
        get
        {
            var found = stackalloc int[RoomForSignals / sizeof(int)];
            found[0] = 0;
            if (waitid(ProcessOfId, Id, found, Look) != 0)
                throw new InvalidOperationException($"Process {Id} is no child of this one any more.");
            var (signal, how, status) = (found[0], found[2], found[6]); // si_signo, si_code, si_status
            return signal == 0 ? null : how == ExitedByItself ? status : 128 + status;
        }
    }

    /// <summary>Waits until there is something to read, which may be the end of a stream.</summary>
    /// <param name="streams">Those of its streams that are read; none to wait for the time only.</param>
    /// <param name="atMost">How long; whole milliseconds.</param>
    /// <returns>Those that can be read without waiting.</returns>
    public static IReadOnlyList<FileStream> WaitForAny(IReadOnlyList<FileStream> streams, TimeSpan atMost)
    {
        var polled = stackalloc Poll[streams.Count];
        for (var index = 0; index < streams.Count; index++)
            polled[index] = new Poll { File = (int)streams[index].SafeFileHandle.DangerousGetHandle(), Wanted = Readable };
        if (poll(polled, (nuint)streams.Count, (int)atMost.TotalMilliseconds) <= 0)
            return [];

        var ready = new List<FileStream>(streams.Count);
        for (var index = 0; index < streams.Count; index++)
        {
            if (polled[index].Found != 0)
                ready.Add(streams[index]);
        }

        return ready;
    }

    /// <summary>Lets its id go, which the system may give to another then. Waits for its end.</summary>
    public void Reap()
    {
        int status;
        while (!_isReaped && waitpid(Id, &status, 0) < 0 && Marshal.GetLastPInvokeError() == Interrupted)
            continue;
        _isReaped = true;
    }

    /// <summary>Starts a program. A script without a first line that says what runs it is run by <c>sh</c>, as shells do it.</summary>
    /// <param name="arguments">Program, looked for in the <c>PATH</c> that it will have, and its arguments.</param>
    /// <param name="directory">Its working folder, absolute.</param>
    /// <param name="environment">Variables besides those of this process; those of the same name are replaced.</param>
    /// <param name="listens">Whether it is told anything; its standard input is empty else.</param>
    /// <exception cref="Win32Exception">When program or folder are not there or may not be used, or there is no room for another
    /// process.</exception>
    public static SessionProcess Start(
        IReadOnlyList<string> arguments,
        string directory,
        IEnumerable<KeyValuePair<string, string>> environment,
        bool listens = false)
    {
        var variables = Merge(environment.Append(new("PWD", directory)));
        var file = Find(arguments[0], variables.GetValueOrDefault("PATH", ""), directory);
        var (inputRead, inputWrite) = listens ? Pipe() : (File.OpenHandle("/dev/null"), null);
        var (outputRead, outputWrite) = Pipe();
        var (errorRead, errorWrite) = Pipe();
        using (inputRead)
        using (outputWrite)
        using (errorWrite)
        {
            SafeFileHandle[] streams = [inputRead, outputWrite, errorWrite];
            var error = Spawn(file, arguments, directory, variables, streams, out var id);
            if (error == NoProgramFile)
                error = Spawn("/bin/sh", ["sh", file, .. arguments.Skip(1)], directory, variables, streams, out id);
            if (error == 0)
                return new SessionProcess(id, inputWrite, outputRead, errorRead);

            inputWrite?.Dispose();
            outputRead.Dispose();
            errorRead.Dispose();
            throw new Win32Exception(error);
        }
    }

    /// <summary>Lets the streams go; does not end it. Should it live on, it is reaped when it ends.</summary>
    public void Dispose()
    {
        Input?.Dispose();
        Output.Dispose();
        Error.Dispose();
        if (!_isReaped)
            new Thread(Reap) { IsBackground = true, Name = "reaper" }.Start();
    }

    private static int Spawn(
        string file,
        IReadOnlyList<string> arguments,
        string directory,
        Dictionary<string, string> environment,
        SafeFileHandle[] streams,
        out int id)
    {
        var actions = stackalloc byte[RoomForStructure];
        var attributes = stackalloc byte[RoomForStructure];
        var signals = stackalloc byte[RoomForSignals];
        var argv = Texts(arguments);
        var envp = Texts([.. environment.Select(variable => $"{variable.Key}={variable.Value}")]);
        _ = posix_spawn_file_actions_init(actions);
        _ = posix_spawnattr_init(attributes);
        try
        {
            for (var stream = 0; stream < streams.Length; stream++)
                _ = posix_spawn_file_actions_adddup2(actions, (int)streams[stream].DangerousGetHandle(), stream);
            _ = posix_spawn_file_actions_addchdir_np(actions, directory);
            _ = posix_spawnattr_setflags(attributes, NewSession | DefaultSignals | SignalMask);
            _ = sigemptyset(signals);
            _ = posix_spawnattr_setsigmask(attributes, signals);
            _ = sigfillset(signals); // the runtime ignores SIGPIPE, which an ordinary program relies on
            _ = posix_spawnattr_setsigdefault(attributes, signals);
            int started;
            var error = posix_spawn(&started, file, actions, attributes, argv, envp);
            id = started;
            return error;
        }
        finally
        {
            _ = posix_spawnattr_destroy(attributes);
            _ = posix_spawn_file_actions_destroy(actions);
            Free(argv);
            Free(envp);
        }
    }

    private static (SafeFileHandle Read, SafeFileHandle Write) Pipe()
    {
        var ends = stackalloc int[2];
        return pipe2(ends, CloseOnExec) == 0
            ? (new SafeFileHandle(ends[0], ownsHandle: true), new SafeFileHandle(ends[1], ownsHandle: true))
            : throw new Win32Exception();
    }

    private static Dictionary<string, string> Merge(IEnumerable<KeyValuePair<string, string>> environment)
    {
        var merged = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
            merged[(string)variable.Key] = (string?)variable.Value ?? "";
        foreach (var (name, value) in environment)
            merged[name] = value;
        return merged;
    }

    /// <summary>The file that a shell in that folder would run.</summary>
    private static string Find(string program, string path, string directory)
    {
        if (program.Contains('/', StringComparison.Ordinal))
            return program; // the system takes it from the program's working folder

        var found = path.Split(':').Select(folder => Path.Combine(directory, folder, program)).Where(File.Exists).ToList();
        return found.Find(file => access(file, MayRun) == 0) ?? found.FirstOrDefault() ?? throw new Win32Exception(NotThere);
    }

    /// <summary>A list of texts as C has it, ended by a null.</summary>
    private static byte** Texts(IReadOnlyList<string> texts)
    {
        var list = (byte**)NativeMemory.AllocZeroed((nuint)texts.Count + 1, (nuint)sizeof(byte*));
        for (var index = 0; index < texts.Count; index++)
            list[index] = (byte*)Marshal.StringToCoTaskMemUTF8(texts[index]);
        return list;
    }

    private static void Free(byte** texts)
    {
        for (var text = texts; *text is not null; text++)
            Marshal.FreeCoTaskMem((nint)(*text));
        NativeMemory.Free(texts);
    }

#pragma warning disable IDE1006, SYSLIB1054 // They are called as in C.
    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_adddup2(byte* actions, int from, int to);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn_file_actions_addchdir_np(byte* actions, string folder);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_destroy(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigmask(byte* attributes, byte* signals);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigdefault(byte* attributes, byte* signals);

    [LibraryImport("libc")]
    private static partial int sigemptyset(byte* signals);

    [LibraryImport("libc")]
    private static partial int sigfillset(byte* signals);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn(int* id, string file, byte* actions, byte* attributes, byte** argv, byte** envp);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int access(string file, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int pipe2(int* ends, int flags);

    [LibraryImport("libc")]
    private static partial int poll(Poll* files, nuint count, int milliseconds);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitpid(int id, int* status, int options);

    [LibraryImport("libc")]
    private static partial int waitid(int kind, int id, int* found, int options);
#pragma warning restore IDE1006, SYSLIB1054

    [StructLayout(LayoutKind.Sequential)]
    private struct Poll
    {
        public int File;
        public short Wanted;
        public short Found;
    }
}

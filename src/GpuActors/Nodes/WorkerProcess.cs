using System.Diagnostics;

namespace GpuActors.Nodes;

/// <summary>A worker process from its start to its end, as its agent sees it.</summary>
internal sealed class WorkerProcess : IDisposable
{
    private readonly Process _process;
    private readonly Lock _use = new(); // who stops workers finds them by name, and one may end and be disposed of at that moment
    private readonly StderrTail _stderr = new();
    private volatile bool _wasReady;
    private bool _isDisposed;

    private WorkerProcess(Process process, string id)
    {
        (_process, Id) = (process, id);
        process.OutputDataReceived += (_, line) => _wasReady |= line.Data == ParentPipe.ReadyLine;
        process.ErrorDataReceived += (_, line) => _stderr.Add(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        End = WaitAsync();
    }

    /// <summary>The worker's name.</summary>
    public string Id { get; }

    /// <summary>Its process.</summary>
    public int ProcessId => _process.Id;

    /// <summary>Starts a worker.</summary>
    /// <param name="launcher">The thread that starts processes.</param>
    /// <param name="program">The program and the arguments that come before the worker's own.</param>
    /// <param name="settings">What the worker is told.</param>
    /// <param name="extraArguments">Arguments after those, for example where to log to.</param>
    /// <param name="environment">Variables that must be there when the process starts.</param>
    public static async Task<WorkerProcess> StartAsync(
        ProcessLauncher launcher,
        ProgramPath program,
        WorkerSettings settings,
        IEnumerable<string> extraArguments,
        IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(program.File)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in program.Arguments.Concat(settings.ToArguments()).Concat(extraArguments))
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return new WorkerProcess(await launcher.StartAsync(start), settings.Id!);
    }

    /// <summary>Completes with its end.</summary>
    public Task<WorkerEnd> End { get; }

    /// <summary>Asks it to save and leave.</summary>
    public async Task AskToLeaveAsync()
    {
        StreamWriter input;
        lock (_use)
        {
            if (_isDisposed)
                return;
            input = _process.StandardInput;
        }

        try
        {
            await input.WriteLineAsync(ParentPipe.LeaveLine);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // It is gone already.
        }
    }

    /// <summary>Kills it, if it still runs.</summary>
    public void Kill()
    {
        lock (_use)
        {
            if (!_isDisposed)
                _process.Kill();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_use)
        {
            _process.Dispose();
            _isDisposed = true;
        }
    }

    private async Task<WorkerEnd> WaitAsync()
    {
        await _process.WaitForExitAsync(); // and until all that it wrote is read
        return new WorkerEnd(_process.ExitCode, _wasReady, _stderr.Last(lines: 20));
    }
}

/// <summary>How a worker process ended.</summary>
/// <param name="ExitCode">Its exit code; 128 + the signal's number where a signal ended it.</param>
/// <param name="WasReady">Whether it had loaded what every attempt needs.</param>
/// <param name="LastWords">The last lines of standard error.</param>
internal sealed record WorkerEnd(int ExitCode, bool WasReady, string LastWords)
{

    /// <summary>Whether it could work: one that could is worth starting again, however it ended.</summary>
    public bool CouldWork => WasReady && ExitCode != ExitCodes.Refused;

    /// <summary>In words.</summary>
    public string Description => ExitCode switch
    {
        ExitCodes.Left => "It left.",
        ExitCodes.ParentGone or ExitCodes.Orphaned => "It was left alone and ended.",
        ExitCodes.DeviceLost => "Its device does not answer any more.",
        134 or 139 => $"It crashed (exit code {ExitCode}).",
        137 => "It was killed, maybe for want of memory (exit code 137).",
        _ => $"It ended with exit code {ExitCode}.",
    };
}

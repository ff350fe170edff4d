using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace EndToEnd.Tests;

/// <summary>The real program in a process of its own.</summary>
internal sealed partial class OrchestratorProcess : IAsyncDisposable
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "orchestrator.dll");
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();

    private TaskCompletionSource _moreError = NewSignal();

    private OrchestratorProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    public string Error
    {
        get
        {
            lock (_error)
                return _error.ToString();
        }
    }

    public static OrchestratorProcess Start(params IEnumerable<string> arguments)
    {
        // A shell that runs the tests in the background ignores Ctrl-C, and what it starts inherits that.
        var start = new ProcessStartInfo("env", ["--default-signal=INT", "dotnet", Program, .. arguments])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false,
        };
        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        var running = new OrchestratorProcess(process);
        process.OutputDataReceived += (_, line) => Append(running._output, line.Data);
        process.ErrorDataReceived += (_, line) =>
        {
            Append(running._error, line.Data);
            Interlocked.Exchange(ref running._moreError, NewSignal()).TrySetResult();
        };
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return running;
    }

    /// <summary>Runs to the end and returns exit code and streams.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        await using var running = Start(arguments);
        var exitCode = await running.WaitForExitAsync();
        return (exitCode, running.Output, running.Error);
    }

    /// <exception cref="TimeoutException">After five minutes; the process is killed then.</exception>
    public async Task<int> WaitForExitAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        try
        {
            await _process.WaitForExitAsync(limit.Token);
            return _process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            Kill();
            throw new TimeoutException($"The program did not end.\n{Output}\n{Error}");
        }
    }

    /// <summary>Waits until standard error contains the text.</summary>
    /// <exception cref="InvalidOperationException">When the program ends without having said it.</exception>
    public async Task ErrorContains(string text)
    {
        while (!Error.Contains(text, StringComparison.Ordinal))
        {
            var more = Volatile.Read(ref _moreError).Task;
            if (Error.Contains(text, StringComparison.Ordinal))
                return;
            if (await Task.WhenAny(more, _process.WaitForExitAsync()) != more)
                throw new InvalidOperationException($"The program ended without saying '{text}'.\n{Error}");
        }
    }

    public void Kill() => _process.Kill(entireProcessTree: false);

    /// <summary>Sends a signal, as Ctrl-C or a batch system does.</summary>
    public void Signal(string name) => Signal(name, Id);

    /// <summary>Sends a signal to whatever process.</summary>
    public static void Signal(string name, int id) =>
        Process.Start("kill", ["-" + name, id.ToString(CultureInfo.InvariantCulture)]).WaitForExit();

    /// <summary>Ids of all processes of this program that were started for a data folder, of whatever parent.</summary>
    public static IReadOnlyList<int> Of(string dataFolder)
    {
        var found = new List<int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(path => ProcessFolder().IsMatch(path)))
        {
            try
            {
                var command = File.ReadAllText(Path.Combine(folder, "cmdline"));
                if (command.Contains("orchestrator.dll", StringComparison.Ordinal)
                    && command.Split('\0').Contains(dataFolder)
                    && !File.ReadAllText(Path.Combine(folder, "stat")).Contains(") Z ", StringComparison.Ordinal))
                {
                    found.Add(int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture));
                }
            }
            catch (IOException)
            {
                // The process ended between the listing and the reading.
            }
        }

        return found;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private static void Append(StringBuilder text, string? line)
    {
        lock (text)
        {
            if (line is not null)
                text.Append(line).Append('\n');
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    [GeneratedRegex("^/proc/[0-9]+$")]
    private static partial Regex ProcessFolder();
}

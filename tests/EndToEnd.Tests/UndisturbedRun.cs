using System.Text.Json;
using EndToEnd.Tests;
using Experiments.Storage;
using Experiments.Trials;
using Xunit;

[assembly: AssemblyFixture(typeof(UndisturbedRun))]

namespace EndToEnd.Tests;

/// <summary>A run of <c>classify.yaml</c> that nothing is done to, made when a test first asks what its own must come to.</summary>
public sealed class UndisturbedRun : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("undisturbed-").FullName;
    private readonly Lazy<Task<string>> _result;

    public UndisturbedRun() => _result = new(async () => (await EndAsync(_data)).Result);

    /// <summary>The sweep file.</summary>
    public static string Sweep { get; } = Path.Combine(AppContext.BaseDirectory, "Sweeps", "classify.yaml");

    /// <summary>What it came to.</summary>
    public Task<string> Result => _result.Value;

    /// <summary>Gives another run what this one has prepared.</summary>
    public async Task CopyCacheAsync(string data)
    {
        await Result;
        SharedCache.Copy(_data, data);
    }

    /// <summary>Runs the sweep to its end and fails unless it ends well.</summary>
    /// <returns>What it came to, without times and memory: its comparison, and all that its trial measured; and what it said.</returns>
    public static async Task<(string Result, string Error)> EndAsync(string data)
    {
        var run = await OrchestratorProcess.RunAsync("run", Sweep, "--data", data, "--json");
        Assert.True(run.ExitCode == 0, $"exit {run.ExitCode}\n{run.Error}");
        Assert.Empty(OrchestratorProcess.Of(data));
        using var store = LiteDbStore.OpenForReading(data);
        return (Comparison.Stripped(run.Output) + JsonSerializer.Serialize(store.Metrics("classify", new TrialId(1))), run.Error);
    }

    public void Dispose() => Directory.Delete(_data, recursive: true);
}

using System.Text.Json;
using Experiments.Storage;
using Experiments.Trials;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>A run of <c>classify.yaml</c> that nothing is done to: what its disturbed runs must come to.</summary>
public sealed class UndisturbedRun : IAsyncLifetime
{
    private readonly string _data = Directory.CreateTempSubdirectory("undisturbed-").FullName;

    /// <summary>The sweep file.</summary>
    public string Sweep { get; } = Path.Combine(AppContext.BaseDirectory, "Sweeps", "classify.yaml");

    /// <summary>What it came to.</summary>
    public string Result { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        var (exitCode, _, error) = await OrchestratorProcess.RunAsync("run", Sweep, "--data", _data);
        Assert.True(exitCode == 0, error);
        Result = await ResultOf(_data);
    }

    /// <summary>What a run of the sweep came to, without times and memory: its comparison, and all that its trial measured.</summary>
    public static async Task<string> ResultOf(string data)
    {
        var comparison = await Comparison.Of("classify", data);
        using var store = LiteDbStore.OpenForReading(data);
        return comparison + JsonSerializer.Serialize(store.Metrics("classify", new TrialId(1)));
    }

    /// <summary>Gives another run what this one has prepared.</summary>
    public void CopyCache(string data) => SharedCache.Copy(_data, data);

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_data, recursive: true);
        return ValueTask.CompletedTask;
    }
}

/// <summary>Tests that compare with one undisturbed run.</summary>
[CollectionDefinition(Name)]
public sealed class UndisturbedRunUsers : ICollectionFixture<UndisturbedRun>
{
    public const string Name = "undisturbed run";
}

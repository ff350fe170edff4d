using System.Text.Json;
using System.Text.Json.Nodes;
using Experiments.Storage;
using Experiments.Trials;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Two runs of a sweep on one slot record the same, event by event, but for times, memory and who did it.</summary>
public sealed class EqualStoresTests(UndisturbedRun undisturbed) : IDisposable
{
    private static readonly string[] _volatile = ["worker", "processId", "elapsed", "peakMemoryBytes"];
    private readonly string _folder = Directory.CreateTempSubdirectory("twice-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Two_runs_on_one_slot_leave_equal_stores()
    {
        var first = await EventsAsync("first");
        var second = await EventsAsync("second");

        Assert.Contains(first, said => said.Contains("trial-promoted", StringComparison.Ordinal));
        Assert.Equal(first, second);
    }

    private async Task<IReadOnlyList<string>> EventsAsync(string name)
    {
        var data = Path.Combine(_folder, name);
        await undisturbed.CopyCacheAsync(data);
        var (exitCode, _, error) = await OrchestratorProcess.RunAsync(
            "run", Path.Combine(AppContext.BaseDirectory, "Sweeps", "twice.yaml"), "--data", data);
        Assert.True(exitCode == 0, error);

        using var store = LiteDbStore.OpenForReading(data);
        return [.. store.Read("twice").Select(recorded => Lasting(recorded.Event))];
    }

    private static string Lasting(SweepEvent recorded)
    {
        var said = JsonSerializer.SerializeToNode(recorded, JsonSerializerOptions.Web)!;
        Strip(said);
        return said.ToJsonString();
    }

    private static void Strip(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject properties:
                foreach (var name in _volatile)
                    properties.Remove(name);
                foreach (var (_, inner) in properties)
                    Strip(inner);
                break;
            case JsonArray items:
                foreach (var item in items)
                    Strip(item);
                break;
        }
    }
}

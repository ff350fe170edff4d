using System.Security.Cryptography;
using LiteDB;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Stores that a run must not write to.</summary>
public sealed class RefusedStoreTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("refused-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task A_store_is_refused_while_a_run_has_it_and_when_a_newer_program_wrote_it()
    {
        await using (var first = OrchestratorProcess.Start("run", UndisturbedRun.Sweep, "--data", _data))
        {
            await first.ErrorContains("starts on");
            await AssertRefused(
                $"The store in {_data} is in use by process {first.Id} on {Environment.MachineName}. "
                + "Wait for it to end, or name another folder.\n",
                ["run", UndisturbedRun.Sweep]);
            first.Signal("INT");
            Assert.Equal(130, await first.WaitForExitAsync());
        }

        WriteAsNewer();
        var before = Hashes();
        await AssertRefused(
            $"The store in {_data} was written by a newer version of the program (schema 99, this one knows up to 2): "
            + "update the program.\n",
            ["run", UndisturbedRun.Sweep], ["results", "classify"]);
        Assert.Equal(before, Hashes());
    }

    private async Task AssertRefused(string sentence, params string[][] commands)
    {
        foreach (var command in commands)
        {
            var refused = await OrchestratorProcess.RunAsync([.. command, "--data", _data]);
            Assert.Equal((7, "", sentence), refused);
        }
    }

    private void WriteAsNewer()
    {
        var connection = new ConnectionString { Filename = Path.Combine(_data, "store.db"), Collation = Collation.Binary };
        using var store = new LiteDatabase(connection);
        var schema = new BsonDocument { ["_id"] = "schema", ["value"] = 99L };
        Assert.True(store.GetCollection("meta").Update(schema));
        store.Checkpoint();
    }

    private List<string> Hashes() =>
    [
        .. Directory.EnumerateFiles(_data, "store*").Order(StringComparer.Ordinal)
            .Select(file => $"{Path.GetFileName(file)} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))}"),
    ];
}

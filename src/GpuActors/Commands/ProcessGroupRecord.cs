using System.Text.Json;
using System.Text.Json.Serialization;
using GpuActors.Nodes;

namespace GpuActors.Commands;

/// <summary>Which group a worker process runs, on disk, so that the next agent of this machine ends one that was left when worker
/// and watcher were killed together.</summary>
internal sealed class ProcessGroupRecord : IDisposable
{
    private readonly string _path;
    private readonly ProcessIdentity _worker = ProcessIdentity.Of(Environment.ProcessId)!;

    public ProcessGroupRecord(string dataFolder) =>
        _path = Path.Combine(Directory.CreateDirectory(FolderOf(dataFolder)).FullName, $"{_worker.Id}.json");

    /// <summary>A group was started; the one before is gone.</summary>
    public void Write(ProcessIdentity leader)
    {
        var record = new RecordedGroup(leader, _worker);
        File.WriteAllBytes(_path + ".tmp", JsonSerializer.SerializeToUtf8Bytes(record, RecordedGroupContext.Default.RecordedGroup));
        File.Move(_path + ".tmp", _path, overwrite: true);
    }

    /// <inheritdoc/>
    public void Dispose() => File.Delete(_path);

    /// <summary>Kills what workers that are gone have left on this machine.</summary>
    /// <returns>The ids of the groups that were there.</returns>
    public static IReadOnlyList<int> EndLeftovers(string dataFolder)
    {
        var folder = FolderOf(dataFolder);
        var ended = new List<int>();
        foreach (var file in Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*.json") : [])
        {
            var record = Read(file);
            if (record is not null && ProcessIdentity.Of(record.Worker.Id) == record.Worker)
                continue;
            if (record is not null && ProcessGroup.Kill(record.Leader))
                ended.Add(record.Leader.Id);
            File.Delete(file);
        }

        return ended;
    }

    /// <summary>What a file says; null where a crash cut it off.</summary>
    private static RecordedGroup? Read(string file)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), RecordedGroupContext.Default.RecordedGroup);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string FolderOf(string dataFolder) => Path.Combine(dataFolder, "workers", Environment.MachineName, "commands");
}

/// <summary>A group and the worker that started it.</summary>
internal sealed record RecordedGroup(ProcessIdentity Leader, ProcessIdentity Worker);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RecordedGroup))]
internal sealed partial class RecordedGroupContext : JsonSerializerContext;

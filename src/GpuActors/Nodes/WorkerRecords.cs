using System.Text.Json;
using System.Text.Json.Serialization;

namespace GpuActors.Nodes;

/// <summary>
/// Which worker processes the node agents of this machine have started, on disk, so that the next agent finds what a killed
/// one left. Machines that share a data folder each have records of their own.
/// </summary>
internal sealed class WorkerRecords(string dataFolder)
{
    private readonly string _folder =
        Directory.CreateDirectory(Path.Combine(dataFolder, "workers", Environment.MachineName)).FullName;

    /// <summary>A worker process was started.</summary>
    public void Add(WorkerRecord record)
    {
        var path = PathOf(record.Worker);
        File.WriteAllBytes(path + ".tmp", JsonSerializer.SerializeToUtf8Bytes(record, WorkerRecordContext.Default.WorkerRecord));
        File.Move(path + ".tmp", path, overwrite: true);
    }

    /// <summary>A worker process is gone.</summary>
    public void Remove(string worker) => File.Delete(PathOf(worker));

    /// <summary>What agents that are gone have left; a record that cannot be read was cut off by a crash and is dropped.</summary>
    public IReadOnlyList<WorkerRecord> Left()
    {
        var left = new List<WorkerRecord>();
        foreach (var file in Directory.EnumerateFiles(_folder, "*.json").Order(StringComparer.Ordinal))
        {
            try
            {
                var record = JsonSerializer.Deserialize(File.ReadAllBytes(file), WorkerRecordContext.Default.WorkerRecord)!;
                if (ProcessIdentity.Of(record.Agent.Id) != record.Agent)
                    left.Add(record);
            }
            catch (JsonException)
            {
                File.Delete(file);
            }
        }

        return left;
    }

    private string PathOf(string worker) => Path.Combine(_folder, $"{worker}.json");
}

/// <summary>A worker process that an agent has started.</summary>
internal sealed record WorkerRecord(string Worker, string Device, ProcessIdentity Process, ProcessIdentity Agent);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(WorkerRecord))]
internal sealed partial class WorkerRecordContext : JsonSerializerContext;

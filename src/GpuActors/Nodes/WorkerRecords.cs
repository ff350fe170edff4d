using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;

namespace GpuActors.Nodes;

/// <summary>
/// Which workers the runs of this machine have started, on disk, so that the next run finds what a killed one left. Machines that
/// share a data folder each have records of their own.
/// </summary>
/// <param name="dataFolder">The data folder.</param>
/// <param name="time">The clock; when a run began is part of its workers' names.</param>
/// <param name="log">Where it is said what could not be recorded.</param>
internal sealed partial class WorkerRecords(string dataFolder, TimeProvider time, ILogger log)
{
    private readonly string _run = $"{Environment.MachineName.ToLowerInvariant()}-{time.GetUtcNow().ToUnixTimeMilliseconds():x}";

    private readonly string _folder =
        Directory.CreateDirectory(Path.Combine(dataFolder, "workers", Environment.MachineName)).FullName;

    /// <summary>A name that no other worker has, on any machine and in any run.</summary>
    /// <param name="number">The worker's number in this run.</param>
    public string NameOf(int number) => $"{_run}-{number}";

    /// <summary>A worker was started. It ends with its run, so the record that ends it in the worst of cases may be missing on a full
    /// disk.</summary>
    public void Add(WorkerRecord record)
    {
        var path = PathOf(record.Worker);
        try
        {
            File.WriteAllBytes(path + ".tmp", JsonSerializer.SerializeToUtf8Bytes(record, WorkerRecordContext.Default.WorkerRecord));
            File.Move(path + ".tmp", path, overwrite: true);
        }
        catch (IOException failure)
        {
            LogUnrecorded(log, record.Worker, failure.Message);
        }
    }

    /// <summary>A worker is gone.</summary>
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

    [LoggerMessage(LogLevel.Warning, "Worker {Worker} is not recorded. {Reason}")]
    private static partial void LogUnrecorded(ILogger log, string worker, string reason);
}

/// <summary>A worker that was started, the process that it runs in, and the one that started it.</summary>
internal sealed record WorkerRecord(string Worker, string Device, ProcessIdentity Process, ProcessIdentity Agent);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(WorkerRecord))]
internal sealed partial class WorkerRecordContext : JsonSerializerContext;

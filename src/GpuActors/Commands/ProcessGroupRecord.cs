using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using GpuActors.Nodes;

namespace GpuActors.Commands;

/// <summary>Which group a worker process runs, on disk, so that the next agent of this machine ends one that was left when worker
/// and watcher were killed together. It also counts the worker's programs and so gives each its mark: what was started when there
/// was no time to write it down bears the mark that follows. Each program adds a line and the last one counts, so that none is
/// ever without a whole one; a new file in place of the old one, as often as programs start, would be work for the disk.</summary>
internal sealed class ProcessGroupRecord : IDisposable
{
    private const int MostLines = 1_000;

    private static int _records;

    private readonly string _path;
    private RecordedGroup _newest = new(
        Leader: null, ProcessIdentity.Of(Environment.ProcessId)!, Interlocked.Increment(ref _records), Programs: 0);
    private FileStream _file;

    public ProcessGroupRecord(string dataFolder)
    {
        _path = Path.Combine(Directory.CreateDirectory(FolderOf(dataFolder)).FullName, $"{_newest.Worker.Id}.{_newest.Record}.json");
        _file = Begin();
    }

    /// <summary>Mark of the program that is started next.</summary>
    public string NextMark => _newest.NextMark;

    /// <summary>The program of <see cref="NextMark"/> was started; the one before is gone.</summary>
    public void Add(ProcessIdentity leader)
    {
        _newest = _newest with { Leader = leader, Programs = _newest.Programs + 1 };
        if (_newest.Programs % MostLines > 0)
        {
            _file.Write(Line());
            return;
        }

        _file.Dispose();
        _file = Begin();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        File.Delete(_path);
    }

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
            if (record?.Leader is { } leader && ProcessGroup.Kill(leader))
                ended.Add(leader.Id);
            if (record is not null && ProcessGroup.Kill(record.NextMark) is { } unknown)
                ended.Add(unknown);
            File.Delete(file);
        }

        return ended;
    }

    /// <summary>At once and as a whole: an agent that starts now takes what it cannot read for a dead worker's.</summary>
    private FileStream Begin()
    {
        File.WriteAllBytes(_path + ".tmp", Line());
        File.Move(_path + ".tmp", _path, overwrite: true);
        return new FileStream(_path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
    }

    private byte[] Line() => [.. JsonSerializer.SerializeToUtf8Bytes(_newest, RecordedGroupContext.Default.RecordedGroup), (byte)'\n'];

    /// <summary>What the last whole line of a file says; null where a crash cut off the first.</summary>
    private static RecordedGroup? Read(string file)
    {
        foreach (var line in File.ReadLines(file).Reverse())
        {
            try
            {
                return JsonSerializer.Deserialize(line, RecordedGroupContext.Default.RecordedGroup);
            }
            catch (JsonException)
            {
                // The worker ended while it wrote this; the program that it tells of bears the next mark of the line before.
            }
        }

        return null;
    }

    private static string FolderOf(string dataFolder) => Path.Combine(dataFolder, "workers", Environment.MachineName, "commands");
}

/// <summary>A group, the worker that started it, which of its records this is, and how many programs it has counted.</summary>
internal sealed record RecordedGroup(ProcessIdentity? Leader, ProcessIdentity Worker, int Record, int Programs)
{
    /// <summary>Mark of the next program, which no other has, of whatever worker and record.</summary>
    [JsonIgnore]
    public string NextMark => string.Create(CultureInfo.InvariantCulture, $"{Worker.Id}.{Worker.Started}.{Record}.{Programs + 1}");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RecordedGroup))]
internal sealed partial class RecordedGroupContext : JsonSerializerContext;

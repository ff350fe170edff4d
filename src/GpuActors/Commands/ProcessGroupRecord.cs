using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using GpuActors.Nodes;
using Microsoft.Win32.SafeHandles;

namespace GpuActors.Commands;

/// <summary>Which group a worker process runs, on disk, so that the next agent of this machine ends one that was left when worker
/// and watcher were killed together. It also counts the worker's programs and so gives each its mark: what was started when there
/// was no time to write it down bears the mark that follows.</summary>
internal sealed class ProcessGroupRecord : IDisposable
{
    private const int Room = 256; // bytes: each record is written over the one before, filled up with blanks

    private readonly string _path;
    private readonly SafeFileHandle _file;
    private readonly ProcessIdentity _worker = ProcessIdentity.Of(Environment.ProcessId)!;
    private int _programs;

    public ProcessGroupRecord(string dataFolder)
    {
        _path = Path.Combine(Directory.CreateDirectory(FolderOf(dataFolder)).FullName, $"{_worker.Id}.json");
        _file = File.OpenHandle(_path, FileMode.Create, FileAccess.Write, FileShare.Read);
        Write(null);
    }

    /// <summary>Mark of the program that is started next.</summary>
    public string NextMark => new RecordedGroup(null, _worker, _programs).NextMark;

    /// <summary>The program of <see cref="NextMark"/> was started; the one before is gone.</summary>
    public void Add(ProcessIdentity leader)
    {
        _programs++;
        Write(leader);
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

    private void Write(ProcessIdentity? leader)
    {
        var record = new RecordedGroup(leader, _worker, _programs);
        var text = JsonSerializer.Serialize(record, RecordedGroupContext.Default.RecordedGroup).PadRight(Room);
        RandomAccess.Write(_file, Encoding.ASCII.GetBytes(text), fileOffset: 0);
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

/// <summary>A group, the worker that started it, and how many programs it has started.</summary>
internal sealed record RecordedGroup(ProcessIdentity? Leader, ProcessIdentity Worker, int Programs)
{
    /// <summary>Mark of the worker's next program.</summary>
    [JsonIgnore]
    public string NextMark => string.Create(CultureInfo.InvariantCulture, $"{Worker.Id}.{Worker.Started}.{Programs + 1}");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RecordedGroup))]
internal sealed partial class RecordedGroupContext : JsonSerializerContext;

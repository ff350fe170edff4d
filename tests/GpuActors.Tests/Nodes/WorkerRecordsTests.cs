using GpuActors.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GpuActors.Tests.Nodes;

public sealed class WorkerRecordsTests : IDisposable
{
    private readonly string _dataFolder = Directory.CreateTempSubdirectory("worker-records-").FullName;

    public static bool HasFullDevice => File.Exists("/dev/full");

    public void Dispose() => Directory.Delete(_dataFolder, recursive: true);

    [Fact(Skip = "No /dev/full", SkipUnless = nameof(HasFullDevice))]
    public void A_worker_that_a_full_disk_does_not_record_is_no_failure()
    {
        var records = new WorkerRecords(_dataFolder, TimeProvider.System, NullLogger.Instance);
        var gone = ProcessIdentity.Of(Environment.ProcessId)! with { Started = 1 };
        var (full, fine) = (records.NameOf(1), records.NameOf(2));
        var folder = Directory.GetDirectories(Path.Combine(_dataFolder, "workers")).Single();
        File.CreateSymbolicLink(Path.Combine(folder, $"{full}.json.tmp"), "/dev/full");

        records.Add(new WorkerRecord(full, "cpu:0", gone, gone));
        records.Add(new WorkerRecord(fine, "cpu:1", gone, gone));

        Assert.Equal([fine], records.Left().Select(record => record.Worker));
    }
}

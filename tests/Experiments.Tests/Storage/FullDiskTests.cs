using System.Diagnostics;
using Experiments.Storage;
using Experiments.Trials;
using Xunit;
using static Experiments.Tests.Storage.StoredHistory;
using static Experiments.Tests.Trials.SweepExample;

namespace Experiments.Tests.Storage;

/// <summary>A disk without room: nothing of the refused call is kept, nothing that was acknowledged is lost, and with room again
/// the store goes on.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(17)]
    public void Goes_on_from_any_write_that_failed(int failing)
    {
        using var files = new FailingFiles(_folder.Path);
        using var store = LiteDbStore.Open(files, StoreSchema.Current);
        var next = 1L;
        for (; next <= 40; next++)
            store.Append(One(next));

        files.WritesLeft = failing;
        var refused = 0;
        while (refused < 3)
        {
            try
            {
                store.Append(One(next));
                next++;
            }
            catch (StoreException e)
            {
                Assert.Contains("No space left", e.Message, StringComparison.Ordinal);
                Assert.Equal(next - 1, store.Read("example").Last().Number);
                refused++;
            }
        }

        files.WritesLeft = int.MaxValue;
        store.Append(One(next));

        Assert.Equal(next, store.Read("example").Count());
        Assert.Equal(next - 4, store.Metrics("example", T(0)).Count);
    }

    [Fact]
    public void A_flush_that_fails_is_a_write_that_failed()
    {
        using var files = new FailingFiles(_folder.Path);
        using (var store = LiteDbStore.Open(files, StoreSchema.Current))
        {
            store.Append(One(1));
            files.FlushFails = true;
            Assert.Throws<StoreException>(() => store.Append(One(2)));
            files.FlushFails = false;
            Assert.Single(store.Read("example"));
        }

        using var reopened = LiteDbStore.Open(_folder.Path);
        Assert.Single(reopened.Read("example"));
    }

    [Fact]
    public void A_checkpoint_without_room_refuses_the_commit_after_it_and_loses_none_before_it()
    {
        using var files = new FailingFiles(_folder.Path);
        using var store = LiteDbStore.Open(files, StoreSchema.Current);
        var noise = new byte[90_000]; // which compression leaves as large
        new Random(7).NextBytes(noise);
        var large = Convert.ToBase64String(noise);
        var next = 1L;
        store.Append(One(next++));
        store.Append(Record("example", next, Endless().Skip(1).Take(3)));
        next += 3;

        files.DataFails = true;
        var refusal = Assert.Throws<StoreException>(() => AppendForever(store, ref next, Large));
        files.DataFails = false;
        store.Append(Large(next));

        Assert.Contains("No space left", refusal.Message, StringComparison.Ordinal);
        Assert.True(next > 50, $"The log was moved after {next} commits.");
        Assert.Equal(next, store.Read("example").Count());
        Assert.True(new FileInfo(_folder.File("store.log")).Length < 1_000_000);

        RecordedEvent[] Large(long number) =>
            Record("example", number, new SweepEvent.ReportRejected(A(0, 1), number, RejectionReason.Fenced, large));
    }

    [Fact]
    public void A_small_file_system_that_fills_up_and_is_cleared()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Only root can mount a small file system.");
        var mount = _folder.File("small");
        Directory.CreateDirectory(mount);
        Assert.SkipUnless(Run("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", mount), "Mounting is not allowed here.");
        try
        {
            var ballast = Path.Combine(mount, "ballast");
            File.WriteAllBytes(ballast, new byte[1_500_000]);
            using (var store = LiteDbStore.Open(mount))
            {
                var next = 1L;
                var refusal = Assert.Throws<StoreException>(() => AppendForever(store, ref next, One));
                Assert.Contains("space", refusal.Message, StringComparison.Ordinal);
                Assert.Throws<StoreException>(() => store.Append(One(next)));
                Assert.Equal(next - 1, store.Read("example").Count());

                File.Delete(ballast);
                store.Append(One(next));
                Assert.Equal(next, store.Read("example").Count());
            }

            File.WriteAllBytes(ballast, new byte[1]);
            using var reopened = LiteDbStore.Open(mount);
            Assert.True(reopened.Read("example").Count() > 10);
        }
        finally
        {
            Run("umount", mount);
        }
    }

    private static void AppendForever(LiteDbStore store, ref long next, Func<long, RecordedEvent[]> events)
    {
        while (true)
        {
            store.Append(events(next));
            next++;
        }
    }

    private static RecordedEvent[] One(long number) => Record("example", number, Endless().Skip((int)number - 1).Take(1));

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}

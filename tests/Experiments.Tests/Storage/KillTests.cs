using System.Diagnostics;
using System.Globalization;
using Experiments.Storage;
using Experiments.Trials;
using Xunit;

namespace Experiments.Tests.Storage;

/// <summary>Real processes that append and are killed with SIGKILL: nothing that was acknowledged is lost, nothing is half there.</summary>
public sealed class KillTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Nothing_acknowledged_is_lost_when_a_writer_is_killed_at_any_moment()
    {
        var random = new Random(20);
        for (var round = 0; round < 20; round++)
        {
            using var writer = Start();
            var acknowledged = Number(writer.StandardOutput.ReadLine());
            for (var line = random.Next(0, 25); line > 0; line--)
                acknowledged = Number(writer.StandardOutput.ReadLine());
            writer.Kill();
            var rest = writer.StandardOutput.ReadToEnd().Split('\n')[..^1]; // what has no line end was cut by the kill
            acknowledged = rest.Length > 0 ? Number(rest[^1]) : acknowledged;
            writer.WaitForExit();

            Check(acknowledged);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    public void A_commit_is_on_disk_when_it_returns_the_first_after_opening_too(int commits)
    {
        var expected = 0L;
        for (var round = 0; round < 3; round++)
        {
            using var writer = Start(commits.ToString(CultureInfo.InvariantCulture));
            writer.StandardOutput.ReadToEnd();
            writer.WaitForExit();
            expected += Enumerable.Range(1, commits).Sum(commit => commit % 10 == 0 ? 301 : commit % 3 + 1);

            Check(expected);
        }
    }

    [Fact]
    public void Another_process_is_refused_until_the_owner_is_killed()
    {
        using var owner = Start();
        owner.StandardOutput.ReadLine();

        var refusal = Assert.Throws<StoreInUseException>(() => LiteDbStore.Open(_folder.Path));
        Assert.Throws<StoreInUseException>(() => LiteDbStore.OpenForReading(_folder.Path));
        owner.Kill();
        owner.WaitForExit();

        Assert.Contains($"in use by process {owner.Id} on {Environment.MachineName}", refusal.Message, StringComparison.Ordinal);
        using var store = LiteDbStore.Open(_folder.Path);
        Assert.Equal(2, store.Term);
    }

    /// <summary>Opens what the dead process left and looks at all of it.</summary>
    private void Check(long acknowledged)
    {
        using var store = LiteDbStore.OpenForReading(_folder.Path);
        var events = acknowledged == 0 && store.Sweeps().Count == 0 ? [] : store.Read("crash").ToList();
        var reported = events.Where(each => each.Event is SweepEvent.MetricReported).Select(each => (int)each.Number);

        Assert.True(events.Count >= acknowledged, $"{acknowledged} events were acknowledged, {events.Count} are there.");
        Assert.Equal(Enumerable.Range(1, events.Count).Select(number => (long)number), events.Select(each => each.Number));
        if (events.Count > 0)
            Assert.Equal(reported, store.Metrics("crash", new TrialId(0)).Select(row => row.Step));
    }

    private Process Start(params string[] arguments) => Process.Start(
        new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "StoreCrash.exe" : "StoreCrash"),
            [_folder.Path, .. arguments]) { RedirectStandardOutput = true })!;

    private static long Number(string? line) => long.Parse(line!.Split(' ')[1], CultureInfo.InvariantCulture);
}

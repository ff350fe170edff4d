using Orchestrator.Observability;
using Xunit;

namespace Orchestrator.Tests.Observability;

public sealed class SeqTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("logs-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Events_reach_the_server_with_their_properties()
    {
        await using var seq = await SeqDouble.StartAsync();

        await using (var log = Logging.Create(Settings(seq.Address)))
            log.Information("{Event} of {Sweep}", "SweepStarted", "demo");

        var received = await seq.Events.ReadAsync(TestContext.Current.CancellationToken);
        Assert.Equal("SweepStarted", received.GetProperty("Event").GetString());
        Assert.Equal("demo", received.GetProperty("Sweep").GetString());
    }

    [Fact]
    public async Task What_a_server_that_was_down_has_refused_is_sent_again()
    {
        await using var seq = await SeqDouble.StartAsync();
        seq.FailuresLeft = 1;

        await using var log = Logging.Create(Settings(seq.Address));
        log.Information("{Event}", "SweepStarted");

        var received = await seq.Events.ReadAsync(TestContext.Current.CancellationToken);
        Assert.Equal("SweepStarted", received.GetProperty("Event").GetString());
        Assert.Equal([503, 201], seq.Answers);
    }

    [Fact]
    public async Task A_server_that_is_not_there_loses_nothing_of_the_local_log()
    {
        await using (var log = Logging.Create(Settings(new Uri("http://127.0.0.1:9/"))))
            log.Information("{Event}", "SweepStarted");

        var lines = File.ReadAllLines(Directory.GetFiles(_folder, "*.clef").Single());
        Assert.Contains("\"Event\":\"SweepStarted\"", Assert.Single(lines), StringComparison.Ordinal);
    }

    private LogSettings Settings(Uri seq) => new(_folder, "test", Console: null, seq);
}

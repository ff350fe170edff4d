using System.Runtime.Versioning;
using Experiments.Comparison;
using Experiments.Reports;
using Experiments.Storage;
using Orchestrator.Reading;
using Orchestrator.Serving;
using Orchestrator.Tests.Commands;
using Xunit;

namespace Orchestrator.Tests.Serving;

public sealed class SweepServerTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly string _data = Directory.CreateTempSubdirectory("serving-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task What_is_asked_over_the_socket_is_what_the_owner_reads()
    {
        var sweep = ListedSweeps.Sweep("lesions wide@1");
        await using var server = await Serve(_data, sweep);
        using var reader = Assert.IsType<SocketReader>(await SocketReader.TryConnectAsync(_data, Cancel));

        var listed = Assert.Single(await reader.List(Cancel));
        var read = await reader.Read(sweep.Summary.Name, Cancel);

        Assert.Equal(Status(sweep), Status(read));
        Assert.Equal(Status(sweep), Status(sweep with { Summary = listed }));
        Assert.Equal(Compared(sweep), Compared(read));
        Assert.Equal(Results(sweep), Results(read));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task The_socket_is_the_owners_alone_and_goes_with_the_run()
    {
        var folder = Path.GetDirectoryName(CoordinatorSocket.PathOf(_data))!;
        await using (await Serve(_data))
            Assert.Equal(OwnerOnly, File.GetUnixFileMode(folder));

        Assert.False(Directory.Exists(folder));
        Assert.Null(await SocketReader.TryConnectAsync(_data, Cancel));
    }

    [Fact]
    public async Task What_a_killed_run_left_behind_is_replaced()
    {
        var left = CoordinatorSocket.Prepare(_data);
        await File.WriteAllTextAsync(left, "not a socket", Cancel);
        Assert.Null(await SocketReader.TryConnectAsync(_data, Cancel));

        await using var server = await Serve(_data);

        using var reader = await SocketReader.TryConnectAsync(_data, Cancel);
        Assert.NotNull(reader);
    }

    [Fact]
    public async Task A_folder_too_deep_for_a_socket_is_reached_all_the_same()
    {
        var deep = Directory.CreateDirectory(Path.Combine(_data, new string('d', 120))).FullName;
        await using var server = await Serve(deep);

        using var reader = await SocketReader.TryConnectAsync(deep, Cancel);

        Assert.NotNull(reader);
        Assert.Null(await SocketReader.TryConnectAsync(_data, Cancel));
    }

    [Fact]
    public async Task A_run_goes_on_where_no_socket_can_be_made()
    {
        await File.WriteAllTextAsync(Path.Combine(_data, "socket"), "in the way", Cancel);
        var notes = new List<string>();

        Assert.Null(await SweepServer.StartAsync(_data, new ListedSweeps(), notes.Add));

        Assert.StartsWith("Other commands cannot ask this run how it stands: ", Assert.Single(notes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failing_store_is_a_sentence_at_the_other_end()
    {
        await using var server = await SweepServer.StartAsync(_data, new BrokenSweeps(), Assert.Fail);
        using var reader = await SocketReader.TryConnectAsync(_data, Cancel);

        var refusal = await Assert.ThrowsAsync<StoreException>(() => reader!.List(Cancel));

        Assert.Equal("The store is damaged.", refusal.Message);
    }

    [Fact]
    public async Task A_run_that_ends_while_it_is_asked_is_a_sentence()
    {
        var server = await Serve(_data);
        using var reader = await SocketReader.TryConnectAsync(_data, Cancel);
        await server!.DisposeAsync();

        var refusal = await Assert.ThrowsAsync<StoreException>(() => reader!.List(Cancel));

        Assert.Equal("The run ended while it was asked how it stands. Ask again.", refusal.Message);
    }

    [Fact]
    public async Task A_store_that_is_held_is_read_from_its_owner_if_that_answers()
    {
        using var held = LiteDbStore.Open(_data);
        await Assert.ThrowsAsync<StoreInUseException>(() => SweepReaders.OpenAsync(_data, Cancel));

        await using var server = await Serve(_data, ListedSweeps.Sweep("lesions"));
        using var reader = await SweepReaders.OpenAsync(_data, Cancel);

        Assert.Equal("lesions", Assert.Single(await reader.List(Cancel)).Name);
    }

    private static Task<IAsyncDisposable?> Serve(string data, params SweepSnapshot[] sweeps) =>
        SweepServer.StartAsync(data, new ListedSweeps(sweeps), Assert.Fail);

    private static string Compared(SweepSnapshot sweep) => ReportJson.Of(MethodComparison.Of(sweep.Spec, sweep.Trials));

    private static string Results(SweepSnapshot sweep) => ReportJson.Of(ResultsDocument.Of(sweep.Spec, sweep.Trials));

    private static string Status(SweepSnapshot sweep) =>
        ReportJson.Of(new StatusDocument([SweepStatus.Of(sweep.Summary, sweep.Spec, sweep.Trials, sweep.WaitingFor)]));

    private sealed class BrokenSweeps : ISweepReader
    {
        public Task<IReadOnlyList<SweepSummary>> List(CancellationToken cancel) => throw new StoreException("The store is damaged.");

        public Task<SweepSnapshot> Read(string sweep, CancellationToken cancel) => throw new StoreException("The store is damaged.");

        public void Dispose()
        {
        }
    }
}

using Experiments.Storage;
using LiteDB;
using Xunit;
using static Experiments.Tests.Storage.StoredHistory;
using static Experiments.Tests.Trials.SweepExample;

namespace Experiments.Tests.Storage;

public sealed class LiteDbStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _warnings = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_second_opening_is_refused_with_process_and_host_and_the_first_goes_on()
    {
        using var store = Open();

        var refusal = Assert.Throws<StoreInUseException>(Open);
        store.Append(Record("example", 1, Endless().Take(1)));

        Assert.Equal(
            $"The store in {_folder.Path} is in use by process {Environment.ProcessId} on {Environment.MachineName}. "
            + "Wait for it to end, or name another folder.", refusal.Message);
    }

    [Fact]
    public void What_a_dead_owner_left_behind_does_not_keep_the_next_one_out()
    {
        File.WriteAllText(_folder.File("store.lock"), "");
        File.WriteAllText(_folder.File("store.owner"), $"{int.MaxValue} {Environment.MachineName}");

        using var store = Open();

        Assert.Equal(1, store.Term);
    }

    [Fact]
    public void A_store_of_a_newer_version_is_refused_and_left_as_it_is()
    {
        using (LiteDbStore.Open(new StoreFiles(_folder.Path), new StoreSchema(_ => { }, _ => { }, _ => { })))
        {
        }

        var refusal = Assert.Throws<StoreException>(Open);
        var reading = Assert.Throws<StoreException>(() => LiteDbStore.OpenForReading(_folder.Path));

        Assert.Equal(
            $"The store in {_folder.Path} was written by a newer version of the program (schema 4, this one knows up to 2): "
            + "update the program.", refusal.Message);
        Assert.Equal(refusal.Message, reading.Message);
        using var newer = LiteDbStore.Open(new StoreFiles(_folder.Path), new StoreSchema(_ => { }, _ => { }, _ => { }));
        Assert.Equal(2, newer.Term);
    }

    [Fact]
    public void An_older_store_is_brought_up_to_date_step_by_step_and_once()
    {
        using (var store = LiteDbStore.Open(new StoreFiles(_folder.Path), new StoreSchema()))
            store.Append(Record("example", 1, Endless().Take(5)));
        var steps = new List<string>();
        StoreSchema later = new(
            _ => steps.Add("to 2"),
            database => steps.Add($"to 3 with {database.GetCollection("events").Count()} batch"));

        using (LiteDbStore.Open(new StoreFiles(_folder.Path), later))
        {
        }

        using var again = LiteDbStore.Open(new StoreFiles(_folder.Path), later);
        Assert.Equal(["to 2", "to 3 with 1 batch"], steps);
        Assert.Equal(5, again.Read("example").Count());
    }

    [Fact]
    public void A_migration_that_fails_leaves_the_version_before_it()
    {
        using (LiteDbStore.Open(new StoreFiles(_folder.Path), new StoreSchema()))
        {
        }

        var failing = new StoreSchema(
            database => database.GetCollection("meta").Upsert(new BsonDocument { ["_id"] = "trace" }),
            _ => throw new IOException("no room"));
        Assert.Throws<StoreException>(() => LiteDbStore.Open(new StoreFiles(_folder.Path), failing));

        var again = new List<int>();
        using var store = LiteDbStore.Open(new StoreFiles(_folder.Path), new StoreSchema(_ => again.Add(2), _ => again.Add(3)));
        Assert.Equal([3], again);
    }

    [Fact]
    public void A_copy_for_reading_shows_what_was_appended_and_cannot_be_written()
    {
        using (var store = Open())
            store.Append(Record("example", 1, Endless().Take(6)));

        using var copy = LiteDbStore.OpenForReading(_folder.Path);
        using var writer = Open(); // readers hold no lock

        Assert.Equal(6, copy.Read("example").Count());
        Assert.Equal(2, copy.Metrics("example", T(0)).Count);
        Assert.Equal((1, 2), (copy.Term, writer.Term));
        Assert.Throws<InvalidOperationException>(() => copy.Append(Record("example", 7, Endless().Skip(6).Take(1))));
        Assert.Throws<InvalidOperationException>(() => copy.Rename("example", "other"));
    }

    [Fact]
    public async Task Whoever_comes_while_a_reader_copies_waits_for_it()
    {
        var reader = StoreLock.TakeBriefly(_folder.Path);

        var writer = Task.Run(Open, TestContext.Current.CancellationToken);
        reader.Dispose();

        using var store = await writer;
        Assert.Equal(1, store.Term);
    }

    [Fact]
    public void A_copy_is_not_made_of_a_store_that_is_being_written()
    {
        using var store = Open();

        Assert.Throws<StoreInUseException>(() => LiteDbStore.OpenForReading(_folder.Path));
    }

    [Fact]
    public void A_copy_is_not_made_of_nothing()
    {
        var refusal = Assert.Throws<StoreException>(() => LiteDbStore.OpenForReading(_folder.Path));

        Assert.Equal($"There is no store in {_folder.Path}.", refusal.Message);
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Events_after_a_damaged_batch_are_set_aside_and_the_sweep_goes_on_before_them(int damaged)
    {
        using (var store = Open())
        {
            for (var from = 0; from < 60; from += 20)
                store.Append(Record("example", from + 1, Endless().Skip(from).Take(20)));
            store.Append(Record("other", 1, Endless().Take(6)));
        }

        Change(events =>
        {
            var batch = events.FindAll().ElementAt(damaged);
            batch["packed"].AsBinary[5] ^= 1;
            events.Update(batch);
        });
        using (var store = Open())
        {
            Assert.Equal(damaged * 20, store.Read("example").Count());
            Assert.Equal(damaged * 20, Assert.Single(store.Sweeps(), sweep => sweep.Name == "example").LastEvent);
            Assert.Equal(Math.Max(0, damaged * 20 - 4), store.Metrics("example", T(0)).Count);
            Assert.Equal(damaged == 0, Xunit.Record.Exception(() => store.SpecOf("example")) is StoreException);
            Assert.Equal(6, store.Read("other").Count());
            store.Append(Record("example", damaged * 20 + 1, Endless().Skip(damaged * 20).Take(20)));
        }

        Assert.Equal(
            [
                $"Sweep 'example': events {damaged * 20 + 1} to 60 are damaged and were set aside; "
                    + $"it goes on from event {damaged * 20}.",
            ],
            _warnings);
        using var healed = Open();
        Assert.Equal(damaged * 20 + 20, healed.Read("example").Count());
    }

    [Fact]
    public void A_missing_batch_is_a_damage_too()
    {
        using (var store = Open())
        {
            for (var from = 0; from < 60; from += 20)
                store.Append(Record("example", from + 1, Endless().Skip(from).Take(20)));
        }

        Change(events => events.Delete(events.FindAll().ElementAt(1)["_id"]));

        using var reopened = Open();
        Assert.Equal(20, reopened.Read("example").Count());
        Assert.Single(_warnings);
    }

    [Fact]
    public void An_event_that_is_whole_but_not_understood_is_not_cut()
    {
        using (var store = Open())
            store.Append(Record("example", 1, Endless().Take(20)));
        Change(events =>
        {
            var batch = events.FindAll().Single();
            var json = "[{\"time\":\"2026-03-01T12:00:00+00:00\",\"event\":{\"type\":\"sweep-forked\"}}]"u8.ToArray();
            (batch["events"], batch["crc"], batch["count"]) = (json, (long)EventBatches.Crc(json), 1);
            batch.Remove("packed");
            events.Update(batch);
        });

        using var reopened = Open();

        Assert.EndsWith("Update the program.", Assert.Throws<StoreException>(() => reopened.Read("example").Count()).Message);
        Assert.Equal(20, Assert.Single(reopened.Sweeps()).LastEvent);
    }

    [Fact]
    public void A_batch_that_is_not_compressed_is_read_as_well()
    {
        var history = Record("example", 1, Endless().Take(20)).ToList();
        using (var store = Open())
            store.Append(history);
        Change(events =>
        {
            var batch = events.FindAll().Single();
            var json = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(
                [.. history.Select(each => new StoredEvent(each.Time, each.Event))], StoreContext.Default.StoredEventArray);
            (batch["events"], batch["crc"]) = (json, (long)EventBatches.Crc(json));
            batch.Remove("packed");
            batch.Remove("size");
            events.Update(batch);
        });

        using var reopened = Open();

        Assert.Equal(history.Select(each => each.Number), reopened.Read("example").Select(each => each.Number));
        Assert.Equal(history.Select(each => each.Time), reopened.Read("example").Select(each => each.Time));
    }

    [Fact]
    public void What_is_computed_and_was_not_written_at_a_crash_is_computed_again()
    {
        using var before = Open();
        foreach (var recorded in Record("example", 1, Endless().Take(50)))
            before.Append([recorded]);
        var crashed = Directory.CreateDirectory(_folder.File("crashed")).FullName;
        foreach (var name in (string[])["store.db", "store.log"])
        {
            using var open = new FileStream(_folder.File(name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var copy = File.Create(Path.Combine(crashed, name));
            open.CopyTo(copy);
        }

        using var after = LiteDbStore.Open(crashed);

        Assert.Equal(
            before.Sweeps().Select(sweep => (sweep.Name, sweep.Started, sweep.State, sweep.LastEvent)),
            after.Sweeps().Select(sweep => (sweep.Name, sweep.Started, sweep.State, sweep.LastEvent)));
        Assert.Equal(before.Sweeps()[0].Trials, after.Sweeps()[0].Trials);
        Assert.Equal(before.Trials("example"), after.Trials("example"));
        Assert.Equal(
            before.Metrics("example", T(0)).Select(row => (row.Step, row.Values.Count)),
            after.Metrics("example", T(0)).Select(row => (row.Step, row.Values.Count)));
        Assert.NotEmpty(after.Metrics("example", T(0)));
    }

    [Fact]
    public void A_file_that_is_no_store_is_a_sentence_not_a_stack()
    {
        File.WriteAllBytes(_folder.File("store.db"), new byte[3 * 8192]);

        var refusal = Assert.Throws<StoreException>(Open);

        Assert.StartsWith($"The store in {_folder.Path} is damaged: ", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_closed_store_says_so()
    {
        var store = Open();
        store.Dispose();

        Assert.Throws<ObjectDisposedException>(() => store.Sweeps());
    }

    private LiteDbStore Open() => LiteDbStore.Open(_folder.Path, _warnings.Add);

    /// <summary>Changes the batches of events behind the store's back.</summary>
    private void Change(Action<ILiteCollection<BsonDocument>> change)
    {
        using var session = LiteDbSession.Open(new StoreFiles(_folder.Path), _warnings.Add);
        session.Commit(database => change(database.GetCollection("events")));
    }
}

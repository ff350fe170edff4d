using System.Numerics;
using System.Runtime.InteropServices;
using LiteDB;
using JsonException = System.Text.Json.JsonException;
using JsonSerializer = System.Text.Json.JsonSerializer;

namespace Experiments.Storage;

/// <summary>
/// The events of all sweeps, several in a document: what one commit recorded of a sweep, as JSON with its CRC-32C. The key is
/// the sweep's number and the number of the batch's first event.
/// </summary>
internal static class EventBatches
{
    private const int LargestBatch = 256;
    private const int ReadAtOnce = 64;

    public static void Write(LiteDatabase database, int sweep, IReadOnlyList<RecordedEvent> events)
    {
        var documents = events.Chunk(LargestBatch).Select(batch =>
        {
            var json = JsonSerializer.SerializeToUtf8Bytes(
                Array.ConvertAll(batch, each => new StoredEvent(each.Time, each.Event)), StoreContext.Default.StoredEventArray);
            return new BsonDocument
            {
                ["_id"] = StoreKey.OfEvent(sweep, batch[0].Number),
                ["count"] = batch.Length,
                ["crc"] = (long)Crc(json),
                ["events"] = json,
            };
        });
        Collection(database).Insert(documents);
    }

    /// <summary>The next events of a sweep after a number, in order; none where the store has no more, or where the next ones
    /// are missing or damaged.</summary>
    public static IReadOnlyList<RecordedEvent> After(LiteDatabase database, int sweep, string name, long number)
    {
        var next = HoldsFirst(database, sweep, number + 1);
        var following = StoreKey.Between(StoreKey.OfEvent(sweep, next), StoreKey.LastEventOf(sweep));
        var read = new List<RecordedEvent>();
        foreach (var batch in Collection(database).Find(following, limit: ReadAtOnce).ToList())
        {
            if (batch["_id"].AsInt64 != StoreKey.OfEvent(sweep, next) || Parse(batch) is not { } events)
                break;

            foreach (var (time, recorded) in events)
                read.Add(new RecordedEvent(name, next++, time, recorded));
        }

        return read.FindAll(each => each.Number > number);
    }

    /// <summary>Removes the events of a sweep after a number, to a collection where they can be looked at.</summary>
    public static void SetAside(LiteDatabase database, int sweep, long after)
    {
        var events = Collection(database);
        var aside = database.GetCollection("events_damaged");
        foreach (var batch in events.Find(StoreKey.Between(StoreKey.OfEvent(sweep, after + 1), StoreKey.LastEventOf(sweep))).ToList())
        {
            aside.Upsert(batch);
            events.Delete(batch["_id"]);
        }
    }

    /// <summary>Number of the first event of the batch that holds an event, mostly that event itself.</summary>
    private static long HoldsFirst(LiteDatabase database, int sweep, long number)
    {
        if (Collection(database).Exists("_id = @0", StoreKey.OfEvent(sweep, number)))
            return number;

        var before = StoreKey.Between(StoreKey.OfEvent(sweep, 0), StoreKey.OfEvent(sweep, number));
        var holder = Collection(database).Query().Where(before).OrderByDescending("_id").Select("_id").Limit(1).ToList();
        return holder is [var key] ? StoreKey.EventOf(key["_id"].AsInt64) : 1;
    }

    private static StoredEvent[]? Parse(BsonDocument batch)
    {
        var json = batch["events"].AsBinary;
        if (json is null || Crc(json) != batch["crc"].AsInt64)
            return null;

        try
        {
            var events = JsonSerializer.Deserialize(json, StoreContext.Default.StoredEventArray);
            return events?.Length == batch["count"].AsInt32 ? events : null;
        }
        catch (JsonException e)
        {
            // What was written whole and cannot be understood comes from another program: cutting it would destroy good history.
            throw new StoreException($"An event of the store cannot be understood: {e.Message} Update the program.", e);
        }
    }

    internal static uint Crc(byte[] json)
    {
        var crc = uint.MaxValue;
        var words = MemoryMarshal.Cast<byte, ulong>(json);
        foreach (var word in words)
            crc = BitOperations.Crc32C(crc, word);
        foreach (var rest in json.AsSpan(words.Length * sizeof(ulong)))
            crc = BitOperations.Crc32C(crc, rest);
        return crc;
    }

    private static ILiteCollection<BsonDocument> Collection(LiteDatabase database) => database.GetCollection("events");
}

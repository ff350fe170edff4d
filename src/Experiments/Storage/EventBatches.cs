using System.Buffers;
using System.IO.Compression;
using System.Numerics;
using System.Runtime.InteropServices;
using LiteDB;
using JsonException = System.Text.Json.JsonException;
using JsonSerializer = System.Text.Json.JsonSerializer;

namespace Experiments.Storage;

/// <summary>
/// The events of all sweeps, several in a document: what one commit recorded of a sweep, as compressed JSON with its CRC-32C.
/// The key is the sweep's number and the number of the batch's first event. Events of neighbouring trials differ little, so
/// that what is written, synced and read again shrinks to a tenth.
/// </summary>
internal static class EventBatches
{
    private const int LargestBatch = 1_024;
    private const int ReadAtOnce = 4_096; // events
    private const int Quality = 1; // of 0 to 11: the higher ones cost more than the disk that they save
    private const int Window = 20; // bits: a megabyte, as large as a batch gets

    public static void Write(LiteDatabase database, int sweep, IReadOnlyList<RecordedEvent> events)
    {
        var documents = events.Chunk(LargestBatch).Select(batch =>
        {
            var json = JsonSerializer.SerializeToUtf8Bytes(
                Array.ConvertAll(batch, each => new StoredEvent(each.Time, each.Event)), StoreContext.Default.StoredEventArray);
            var packed = Pack(json);
            return new BsonDocument
            {
                ["_id"] = StoreKey.OfEvent(sweep, batch[0].Number),
                ["count"] = batch.Length,
                ["size"] = json.Length,
                ["crc"] = (long)Crc(packed),
                ["packed"] = packed,
            };
        });
        Collection(database).Insert(documents);
    }

    /// <summary>The next batches of a sweep after a number, in order; none where the store has no more, or where the next one is
    /// missing.</summary>
    public static StoredBatches After(LiteDatabase database, int sweep, string name, long number)
    {
        var next = HoldsFirst(database, sweep, number + 1);
        var following = StoreKey.Between(StoreKey.OfEvent(sweep, next), StoreKey.LastEventOf(sweep));
        var batches = new List<BsonDocument>();
        var last = next - 1;
        foreach (var batch in Collection(database).Find(following))
        {
            if (batch["_id"].AsInt64 != StoreKey.OfEvent(sweep, last + 1))
                break;

            batches.Add(batch);
            last += batch["count"].AsInt32;
            if (last - next >= ReadAtOnce)
                break;
        }

        return new StoredBatches(name, batches, next, number, Math.Max(last, number));
    }

    /// <summary>Number of the last event of a sweep, whether or not it can be read; 0 for none.</summary>
    public static long Last(LiteDatabase database, int sweep)
    {
        var all = StoreKey.Between(StoreKey.OfEvent(sweep, 0), StoreKey.LastEventOf(sweep));
        var last = Collection(database).Query().Where(all).OrderByDescending("_id").Limit(1).ToList();
        return last is [var batch] ? StoreKey.EventOf(batch["_id"].AsInt64) + batch["count"].AsInt32 - 1 : 0;
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

    /// <summary>The events of a batch; null where it is damaged.</summary>
    /// <exception cref="StoreException">When it is whole and cannot be understood.</exception>
    internal static List<StoredEvent>? Parse(BsonDocument batch)
    {
        var packed = batch["packed"].AsBinary; // null in schema 1, which had them plain
        var stored = packed ?? batch["events"].AsBinary;
        if (stored is null || Crc(stored) != batch["crc"].AsInt64)
            return null;

        var size = packed is null ? stored.Length : batch["size"].AsInt32;
        var json = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            if (packed is null)
                stored.CopyTo(json, 0);
            else if (!BrotliDecoder.TryDecompress(packed, json, out var length) || length != size)
                return null;

            var events = EventReader.Read(json.AsSpan(0, size));
            return events.Count == batch["count"].AsInt32 ? events : null;
        }
        catch (JsonException e)
        {
            // What was written whole and cannot be understood comes from another program: cutting it would destroy good history.
            throw new StoreException($"An event of the store cannot be understood: {e.Message} Update the program.", e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(json);
        }
    }

    internal static uint Crc(byte[] bytes)
    {
        var crc = uint.MaxValue;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
            crc = BitOperations.Crc32C(crc, word);
        foreach (var rest in bytes.AsSpan(words.Length * sizeof(ulong)))
            crc = BitOperations.Crc32C(crc, rest);
        return crc;
    }

    private static byte[] Pack(byte[] json)
    {
        var room = ArrayPool<byte>.Shared.Rent(BrotliEncoder.GetMaxCompressedLength(json.Length));
        try
        {
            return BrotliEncoder.TryCompress(json, room, out var length, Quality, Window)
                ? room.AsSpan(0, length).ToArray()
                : throw new InvalidOperationException($"{json.Length} bytes of events do not fit into {room.Length}, compressed.");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(room);
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

    private static ILiteCollection<BsonDocument> Collection(LiteDatabase database) => database.GetCollection("events");
}

/// <summary>Batches as they lie in the store, one after the other without a gap; understood where and when there is time for it.</summary>
/// <param name="Sweep">Name of their sweep.</param>
/// <param name="Batches">The documents.</param>
/// <param name="First">Number of the first event in them.</param>
/// <param name="After">The number after which events are wanted.</param>
/// <param name="Last">Number of the last event in them, or <paramref name="After"/> where there is none.</param>
internal sealed record StoredBatches(string Sweep, List<BsonDocument> Batches, long First, long After, long Last)
{
    /// <summary>Their events after <see cref="After"/>, up to the first batch that is damaged. May be called on any thread.</summary>
    /// <exception cref="StoreException">When a batch is whole and cannot be understood.</exception>
    public List<RecordedEvent> Parse()
    {
        var read = new List<RecordedEvent>((int)(Last - After));
        var number = First;
        foreach (var batch in Batches)
        {
            if (EventBatches.Parse(batch) is not { } events)
                break;

            foreach (var (time, recorded) in events)
            {
                if (number > After)
                    read.Add(new RecordedEvent(Sweep, number, time, recorded));
                number++;
            }
        }

        return read;
    }
}

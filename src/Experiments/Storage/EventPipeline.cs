namespace Experiments.Storage;

/// <summary>
/// Reads events in order while others of them are being understood: reading the store belongs to the calling thread, parsing
/// what was read is most of the work and goes to other cores.
/// </summary>
internal static class EventPipeline
{
    /// <summary>All events after a number, in pieces; ends before the first one that is missing or damaged.</summary>
    /// <param name="after">The number.</param>
    /// <param name="fetch">Reads the next batches after a number, on the calling thread.</param>
    public static IEnumerable<List<RecordedEvent>> Read(long after, Func<long, StoredBatches> fetch)
    {
        var ahead = new Queue<(StoredBatches Stored, Task<List<RecordedEvent>> Parsed)>();
        var isEnd = false;
        while (true)
        {
            while (!isEnd && ahead.Count <= Environment.ProcessorCount)
            {
                var stored = fetch(after);
                isEnd = stored.Last == after;
                after = stored.Last;
                if (!isEnd)
                    ahead.Enqueue((stored, Task.Run(stored.Parse)));
            }

            if (!ahead.TryDequeue(out var next))
                yield break;

            var events = next.Parsed.GetAwaiter().GetResult(); // waits: the store's thread has nothing else to do meanwhile
            yield return events;
            if (events.Count < next.Stored.Last - next.Stored.After)
                yield break;
        }
    }
}

using System.Buffers.Binary;
using Experiments.Trials;
using LiteDB;

namespace Experiments.Storage;

/// <summary>Keys that keep what belongs together side by side: a sweep's events, its trials, a trial's metrics, each in order.</summary>
internal static class StoreKey
{
    private const int EventBits = 40;
    private const long LargestEvent = (1L << EventBits) - 1;

    public static long OfEvent(int sweep, long number) => ((long)sweep << EventBits) | number;

    public static long LastEventOf(int sweep) => OfEvent(sweep, LargestEvent);

    public static long EventOf(long key) => key & LargestEvent;

    public static long OfTrial(int sweep, TrialId trial) => ((long)sweep << 32) | (uint)trial.Number;

    /// <summary>Documents with keys from one to another. LiteDB compiles an expression for each text, and keeps it: so the keys are
    /// parameters, unlike those of its own <c>Query.Between</c>.</summary>
    public static BsonExpression Between(BsonValue first, BsonValue last) => BsonExpression.Create("_id BETWEEN @0 AND @1", first, last);

    /// <summary>Sweep, trial, and number of an event that reported the values: big-endian, so that bytes sort as numbers.</summary>
    public static BsonValue OfMetrics(int sweep, TrialId trial, long number)
    {
        var key = new byte[16];
        BinaryPrimitives.WriteInt64BigEndian(key, OfTrial(sweep, trial));
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(8), number);
        return key;
    }
}

using System.Collections.Immutable;
using Experiments.Trials;
using LiteDB;
using JsonSerializer = System.Text.Json.JsonSerializer;

namespace Experiments.Storage;

/// <summary>The recorded values of all trials, a document for what one commit brought of a trial.</summary>
internal static class MetricTable
{
    public static void Write(LiteDatabase database, int sweep, TrialId trial, long number, IReadOnlyList<MetricRow> rows) =>
        Collection(database).Insert(new BsonDocument
        {
            ["_id"] = StoreKey.OfMetrics(sweep, trial, number),
            ["rows"] = JsonSerializer.SerializeToUtf8Bytes([.. rows], StoreContext.Default.MetricRowArray),
        });

    /// <summary>By step, with those that are not written yet; a step whose values came in several reports is one row.</summary>
    public static IReadOnlyList<MetricRow> Read(
        LiteDatabase database, int sweep, TrialId trial, IReadOnlyList<MetricRow> unwritten) =>
    [
        .. Collection(database).Find(All(sweep, trial, trial))
            .SelectMany(document => JsonSerializer.Deserialize(document["rows"].AsBinary, StoreContext.Default.MetricRowArray)!)
            .Concat(unwritten)
            .GroupBy(row => row.Step)
            .OrderBy(step => step.Key)
            .Select(step => new MetricRow(step.Key, step.SelectMany(row => row.Values).ToImmutableSortedDictionary())),
    ];

    public static void Clear(LiteDatabase database, int sweep)
    {
        foreach (var document in Collection(database).Find(All(sweep, new TrialId(0), new TrialId(int.MaxValue))).ToList())
            Collection(database).Delete(document["_id"]);
    }

    private static BsonExpression All(int sweep, TrialId first, TrialId last) =>
        StoreKey.Between(StoreKey.OfMetrics(sweep, first, 0), StoreKey.OfMetrics(sweep, last, long.MaxValue));

    private static ILiteCollection<BsonDocument> Collection(LiteDatabase database) => database.GetCollection("metrics");
}

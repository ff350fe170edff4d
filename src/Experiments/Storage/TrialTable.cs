using Experiments.Trials;
using LiteDB;
using JsonSerializer = System.Text.Json.JsonSerializer;

namespace Experiments.Storage;

/// <summary>The trials of all sweeps as they stand.</summary>
internal static class TrialTable
{
    /// <summary>In order of number. Read at once: LiteDB holds a cursor open meanwhile.</summary>
    public static IEnumerable<StoredTrial> Read(LiteDatabase database, int sweep) =>
        Collection(database).Find(All(sweep)).Select(Parse);

    /// <summary>At most that many trials from one on.</summary>
    public static IEnumerable<StoredTrial> Read(LiteDatabase database, int sweep, TrialId first, int count) =>
        Collection(database).Find(From(sweep, first), limit: count).Select(Parse);

    public static void Write(LiteDatabase database, int sweep, IEnumerable<StoredTrial> trials) =>
        Collection(database).Upsert(trials.Select(trial => new BsonDocument
        {
            ["_id"] = StoreKey.OfTrial(sweep, trial.Row.Trial),
            ["row"] = JsonSerializer.SerializeToUtf8Bytes(trial, StoreContext.Default.StoredTrial),
        }));

    public static void Clear(LiteDatabase database, int sweep)
    {
        foreach (var document in Collection(database).Find(All(sweep)).ToList())
            Collection(database).Delete(document["_id"]);
    }

    private static BsonExpression All(int sweep) => From(sweep, new TrialId(0));

    private static BsonExpression From(int sweep, TrialId first) =>
        StoreKey.Between(StoreKey.OfTrial(sweep, first), StoreKey.OfTrial(sweep, new TrialId(int.MaxValue)));

    private static StoredTrial Parse(BsonDocument document) =>
        JsonSerializer.Deserialize(document["row"].AsBinary, StoreContext.Default.StoredTrial)!;

    private static ILiteCollection<BsonDocument> Collection(LiteDatabase database) => database.GetCollection("trials");
}

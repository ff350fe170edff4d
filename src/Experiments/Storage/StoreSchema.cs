using LiteDB;

namespace Experiments.Storage;

/// <summary>
/// The version of what lies in a store, and how an older one is brought up to date. Version 1 is the first layout:
/// <c>meta</c> (schema, term), <c>sweeps</c>, <c>specs</c>, <c>events</c> in batches, <c>trials</c> and <c>metrics</c>.
/// Version 2 compresses batches (those that are there stay as they are) and lets all but the events lag behind them.
/// </summary>
/// <param name="migrations">Migration i brings version i + 1 to i + 2; each is committed together with its new version.</param>
internal sealed class StoreSchema(params IReadOnlyList<Action<LiteDatabase>> migrations)
{
    /// <summary>The version that this program writes.</summary>
    public int Version => migrations.Count + 1;

    /// <summary>What this program knows.</summary>
    public static StoreSchema Current { get; } = new(_ => { });

    /// <summary>Raises the term and brings the store up to date.</summary>
    /// <returns>The new term.</returns>
    /// <exception cref="StoreException">When a newer version of the program wrote the store; nothing is written then.</exception>
    public long Enter(LiteDbSession session, string folder)
    {
        var found = Number(session.Database, "schema") ?? Version;
        if (found > Version)
        {
            throw new StoreException(
                $"The store in {folder} was written by a newer version of the program (schema {found}, this one knows up to {Version}): "
                + "update the program.");
        }

        var term = Term(session.Database) + 1;
        session.Commit(database =>
        {
            Set(database, "term", term);
            Set(database, "schema", found);
        });
        for (var version = (int)found; version < Version; version++)
        {
            session.Commit(database =>
            {
                migrations[version - 1](database);
                Set(database, "schema", version + 1);
            });
        }

        return term;
    }

    /// <summary>How often the store was opened for writing.</summary>
    public static long Term(LiteDatabase database) => Number(database, "term") ?? 0;

    private static long? Number(LiteDatabase database, string name) =>
        database.GetCollection("meta").FindById(name)?["value"].AsInt64;

    private static void Set(LiteDatabase database, string name, long value) =>
        database.GetCollection("meta").Upsert(new BsonDocument { ["_id"] = name, ["value"] = value });
}

using System.Collections.Immutable;
using Experiments.Sweeps;
using Experiments.Trials;
using LiteDB;
using JsonSerializer = System.Text.Json.JsonSerializer;

namespace Experiments.Storage;

/// <summary>The sweeps of a store.</summary>
internal static class SweepTable
{
    public static IEnumerable<SweepRow> Read(LiteDatabase database) =>
        Collection(database).FindAll().ToList()
            .Select(document => JsonSerializer.Deserialize(document["row"].AsBinary, StoreContext.Default.SweepRow)!);

    public static void Write(LiteDatabase database, SweepRow row) => Collection(database).Upsert(
        new BsonDocument { ["_id"] = row.Id, ["row"] = JsonSerializer.SerializeToUtf8Bytes(row, StoreContext.Default.SweepRow) });

    private static ILiteCollection<BsonDocument> Collection(LiteDatabase database) => database.GetCollection("sweeps");
}

/// <summary>The specifications that the sweeps go by: apart from their rows, which every commit writes.</summary>
internal static class SpecTable
{
    public static SweepSpec? Find(LiteDatabase database, int sweep) => Collection(database).FindById(sweep) is { } document
        ? JsonSerializer.Deserialize(document["spec"].AsBinary, StoreContext.Default.SweepSpec)
        : null;

    public static void Write(LiteDatabase database, int sweep, SweepSpec spec) => Collection(database).Upsert(
        new BsonDocument { ["_id"] = sweep, ["spec"] = JsonSerializer.SerializeToUtf8Bytes(spec, StoreContext.Default.SweepSpec) });

    public static void Clear(LiteDatabase database, int sweep) => Collection(database).Delete(sweep);

    private static ILiteCollection<BsonDocument> Collection(LiteDatabase database) => database.GetCollection("specs");
}

/// <summary>A sweep as it stands.</summary>
/// <param name="Id">Its number in this store, which its events, trials and metrics are kept under, so that it can be renamed.</param>
/// <param name="Name">Its name.</param>
/// <param name="Started">When its first event was recorded.</param>
/// <param name="State"><see cref="Running"/>, <see cref="Paused"/>, or why it ended.</param>
/// <param name="IsPaused">Whether a pause is in force, also after its end.</param>
/// <param name="Trials">Number of trials by state.</param>
/// <param name="LastEvent">Number of its last event.</param>
internal sealed record SweepRow(
    int Id,
    string Name,
    DateTimeOffset Started,
    string State,
    bool IsPaused,
    ImmutableSortedDictionary<TrialState, int> Trials,
    long LastEvent)
{
    /// <summary>Why it is paused; null while it is not.</summary>
    public string? PauseReason { get; init; }

    /// <summary>Whether that is a limit.</summary>
    public bool IsAtLimit { get; init; }

    public const string Running = "running";
    public const string Paused = "paused";

    public static SweepRow New(int id, string name) =>
        new(id, name, default, Running, IsPaused: false, ImmutableSortedDictionary<TrialState, int>.Empty, LastEvent: 0);

    public SweepSummary Summary => new(Name, Started, State, Trials, LastEvent)
    {
        PauseReason = State == Paused ? PauseReason : null,
        IsAtLimit = State == Paused && IsAtLimit,
    };
}

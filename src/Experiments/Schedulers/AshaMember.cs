using Experiments.Trials;

namespace Experiments.Schedulers;

/// <summary>A trial on its way up a ladder of rungs. Rungs are meant by their index in <see cref="RungRecord.Rungs"/>.</summary>
/// <param name="group">The trials that it competes with.</param>
/// <param name="trial">The trial.</param>
/// <param name="bracket">Which ladder it climbs.</param>
/// <param name="record">What it is measured at its rungs.</param>
internal sealed class AshaMember(AshaGroup group, ScheduledTrial trial, int bracket, RungRecord record)
{
    public AshaGroup Group => group;

    public TrialId Id => trial.Id;

    public int Bracket => bracket;

    /// <summary>Its full resource.</summary>
    public int Steps => trial.Steps;

    /// <summary>Whether it runs to its end whatever is measured, so that rungs can be judged by it.</summary>
    public bool IsProbe { get; set; }

    public RungRecord Record => record;

    /// <summary>The lowest rung that selects and that it has not passed; the number of its rungs where there is none.</summary>
    public int Place { get; set; }

    /// <summary>The highest rung that it was promoted from by its rank; -1 for none.</summary>
    public int PromotedFrom { get; set; } = -1;

    /// <summary>The lowest rung above all those that it went on from since it ranked well: from there on it is a fair sample of what
    /// a rung foretells.</summary>
    public int FairFrom { get; set; }

    public bool HasStarted { get; set; }

    /// <summary>The rung where it rests.</summary>
    public int? RestingAt { get; set; }

    /// <summary>The step where its running attempt is to rest: kept, so that an attempt that replaces a lost one does the
    /// same.</summary>
    public int? RestsAt { get; set; }

    /// <summary>Whether it has a value at its place.</summary>
    public bool IsAtItsPlace => Place < Record.Count;

    public int PlaceStep => record.Rungs[Place];

    public RungEntry Entry => new(Record[Place], Id);

    public int RungsLeft(int rung) => record.Rungs.Length - rung;
}

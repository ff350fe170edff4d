using Experiments.Trials;

namespace Experiments.Schedulers;

/// <summary>The rungs that trials of one length climb in one bracket, from the lowest up.</summary>
/// <param name="Steps">Their steps.</param>
/// <param name="Rungs">The rungs, which ladders of other lengths in the bracket have in common with it.</param>
internal sealed record AshaLadder(int[] Steps, AshaRung[] Rungs);

/// <summary>A trial on its way up a ladder of rungs, which are meant by their index there.</summary>
/// <param name="group">The trials that it competes with.</param>
/// <param name="id">The trial.</param>
/// <param name="steps">Its full resource.</param>
/// <param name="ladder">The ladder.</param>
/// <param name="record">What it is measured at its rungs.</param>
internal sealed class AshaMember(AshaGroup group, TrialId id, int steps, AshaLadder ladder, RungRecord record)
{
    public AshaGroup Group => group;

    public TrialId Id => id;

    public int Steps => steps;

    public AshaLadder Ladder => ladder;

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

    /// <summary>Its place, where there is one.</summary>
    public AshaRung Rung => ladder.Rungs[Place];

    public RungEntry Entry => new(Record[Place], id);

    public bool IsAt(AshaRung rung) => Place < ladder.Rungs.Length && ladder.Rungs[Place] == rung;

    public int RungsLeft(int rung) => ladder.Steps.Length - rung;
}

using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Experiments.Schedulers;

/// <summary>Where the rungs of a trial lie.</summary>
public abstract record RungOptions
{
    /// <summary>η: of so many trials that reach a rung, one goes on, and the next rung lies at so many times the steps.</summary>
    [Range(2, 100)]
    [Description("Of so many trials that reach a rung one goes on; the next rung lies at so many times the steps.")]
    public int ReductionFactor { get; init; } = 3;

    /// <summary>r: the steps of the lowest rung; 0 for as few as make four rungs below the full resource.</summary>
    [Range(0, 1_000_000_000)]
    [Description("Steps of the lowest rung; 0 for as few as make four rungs below a trial's full steps.")]
    public int MinSteps { get; init; }

    /// <summary>What counts of a trial at a rung: <c>last</c>, its value there, or <c>best</c>, the best that it had by then.</summary>
    [AllowedValues("last", "best")]
    [Description("What counts of a trial at a rung: its value there, or the best that it had by then.")]
    public string ValueAtRung { get; init; } = "last";

    internal RungRecord RecordAt(int[] rungs) => new(rungs, takesBest: ValueAtRung == "best");

    internal int[] RungsOf(int steps) =>
        Rungs.Below(steps, MinSteps > 0 ? MinSteps : Rungs.Least(steps, ReductionFactor), ReductionFactor);
}

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

    /// <summary>What counts of a trial at a rung: <c>mean</c>, that of what it reported in the last third of its steps so far, since a
    /// single value is as noisy as the metric is; <c>last</c>, its value there; or <c>best</c>, the best that it had by then.</summary>
    [AllowedValues("mean", "last", "best")]
    [Description("What counts of a trial at a rung: the mean over the last third of its steps, its value there, or its best by then.")]
    public string ValueAtRung { get; init; } = "mean";

    internal RungRecord RecordAt(int[] rungs) => new(rungs, Enum.Parse<RungValue>(ValueAtRung, ignoreCase: true));

    internal int[] RungsOf(int steps) =>
        Rungs.Below(steps, MinSteps > 0 ? MinSteps : Rungs.Least(steps, ReductionFactor), ReductionFactor);
}

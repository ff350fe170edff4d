using Experiments.Sweeps;

namespace Experiments.Schedulers;

/// <summary>A trial of a population.</summary>
/// <param name="trial">The trial.</param>
/// <param name="generations">The steps where it is compared.</param>
internal sealed class PopulationMember(ScheduledTrial trial, int[] generations)
{
    private int _takenOverAt = -1;

    /// <summary>The trial, with the configuration that it has now.</summary>
    public ScheduledTrial Trial { get; private set; } = trial;

    /// <summary>What it was measured where it is compared.</summary>
    public RungRecord Record { get; } = new(generations);

    /// <summary>The step that its running or next attempt begins from.</summary>
    public int Step { get; set; }

    /// <summary>The step where it rests.</summary>
    public int? RestingAt { get; set; }

    public bool HasEnded { get; set; }

    public int? RestsAt => Array.Find(generations, generation => generation > Step) is > 0 and var next ? next : null;

    /// <summary>Whether what it trains now is what it was measured with at a step.</summary>
    public bool IsItselfSince(int step) => !HasEnded && _takenOverAt < step;

    public void TakeOver(int step, Configuration configuration)
    {
        _takenOverAt = step;
        Trial = Trial with { Configuration = configuration };
    }
}

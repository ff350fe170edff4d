using Experiments.Sweeps;
using Experiments.Trials;

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
    public int Step { get; private set; }

    /// <summary>The step where it rests.</summary>
    public int? RestingAt { get; private set; }

    /// <summary>Whether it is settled with what it goes on from where it rests.</summary>
    public bool IsCompared { get; set; }

    public bool HasEnded { get; private set; }

    public bool HasFailed { get; private set; }

    public int? RestsAt => Array.Find(generations, generation => generation > Step) is > 0 and var next ? next : null;

    /// <summary>Its value at a generation that it has reached; the worst where it has failed since.</summary>
    public double ValueAt(int generation) => HasFailed ? double.PositiveInfinity : Record[generation];

    /// <summary>Whether it has a place in a generation: it was measured there, or failed on the way.</summary>
    public bool IsIn(int generation) => HasFailed || Record.Count > generation;

    /// <summary>Whether what it trains now is what it was measured with at a step.</summary>
    public bool IsItselfSince(int step) => !HasEnded && _takenOverAt < step;

    public void Rest(int step)
    {
        Record.Take(step, double.PositiveInfinity); // counts only where its report lacked the metric
        (Step, RestingAt, IsCompared) = (step, step, false);
    }

    public void TakeOver(int step, Configuration configuration)
    {
        (Step, _takenOverAt, IsCompared) = (step, step, true);
        Trial = Trial with { Configuration = configuration };
    }

    public void GoOn() => RestingAt = null;

    public void End(TrialState state) => (RestingAt, HasEnded, HasFailed) = (null, true, state == TrialState.Failed);
}

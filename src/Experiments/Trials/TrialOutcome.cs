using Experiments.Sweeps;

namespace Experiments.Trials;

/// <summary>What a finished trial came to, under the names that objectives and outcome constraints use.</summary>
public static class TrialOutcome
{
    /// <summary>A cost, or a metric on the validation split; null where it was not reported or is not finite.</summary>
    public static double? Value(TrialResult result, TimeSpan elapsed, string name) => name switch
    {
        TrialCosts.TrainableParameters => result.TrainableParameters,
        TrialCosts.PeakMemory => result.PeakMemoryBytes / 1e6,
        TrialCosts.Seconds => elapsed.TotalSeconds,
        _ => TaskBlock.ValueOf(result.Metrics, name) is { } value && double.IsFinite(value) ? value : null,
    };

    /// <summary>By how much it breaks the outcome constraints of its block, in sum; 0 where it keeps all.</summary>
    public static double Violation(TaskBlock block, TrialResult result, TimeSpan elapsed)
    {
        var sum = 0.0;
        foreach (var constraint in block.OutcomeConstraints)
            sum += constraint.Violation(Value(result, elapsed, constraint.Name));
        return sum;
    }
}

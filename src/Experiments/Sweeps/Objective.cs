using System.Globalization;

namespace Experiments.Sweeps;

/// <summary>Something that configurations should be good at.</summary>
/// <param name="Name">A metric of the task, without split, or one of <see cref="TrialCosts"/>.</param>
/// <param name="Maximize">Whether more of it is better.</param>
public sealed record Objective(string Name, bool Maximize);

/// <summary>A bound on what a trial comes to: <c>peak_memory_mb &lt;= 16000</c>. A configuration that exceeds one ranks behind
/// all that exceed none.</summary>
/// <param name="Name">A metric of the task, without split, or one of <see cref="TrialCosts"/>.</param>
/// <param name="AtMost">Whether <paramref name="Bound"/> is the largest value; else the least.</param>
/// <param name="Bound">The last value that is allowed, finite.</param>
public sealed record OutcomeConstraint(string Name, bool AtMost, double Bound)
{
    /// <summary>By how much a value breaks it, as a share of the bound so that unlike units can be added up (of a bound of 0 in
    /// units of the value); 0 where it does not, infinite where the value is not known or not finite.</summary>
    public double Violation(double? value) => value is not { } known || !double.IsFinite(known)
        ? double.PositiveInfinity
        : Math.Max(0, AtMost ? known - Bound : Bound - known) / (Bound == 0 ? 1 : Math.Abs(Bound));

    /// <summary>As a sweep file has it.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Name} {(AtMost ? "<=" : ">=")} {Bound:R}").Replace('E', 'e');
}

/// <summary>What a trial costs, under the names that objectives and outcome constraints use beside the task's metrics. Less of
/// each is better.</summary>
public static class TrialCosts
{
    /// <summary>Parameters that are trained.</summary>
    public const string TrainableParameters = "trainable_parameters";

    /// <summary>Highest memory while training, in 10⁶ bytes.</summary>
    public const string PeakMemory = "peak_memory_mb";

    /// <summary>Time in all attempts.</summary>
    public const string Seconds = "seconds";

    /// <summary>All of them.</summary>
    public static EquatableArray<string> Names { get; } = [TrainableParameters, PeakMemory, Seconds];
}

using Experiments.Samplers;

namespace Experiments.Schedulers;

/// <summary>Ladders that start higher and higher up, so that not every trial is judged early.</summary>
internal static class Brackets
{
    /// <summary>The bracket of a trial and the rungs that remain in it, by a draw that the sweep's seed and its number fix.</summary>
    /// <remarks>Weights are in proportion to HyperBand's numbers of trials: (S + 1) / (S - s + 1) · η^(S - s), with S rungs
    /// below R, for the bracket that starts s rungs up.</remarks>
    public static (int Bracket, int[] Rungs) Of(ScheduledTrial trial, int brackets, int factor, int[] rungs)
    {
        if (brackets == 1)
            return (0, rungs);

        var weights = Enumerable.Range(0, Math.Min(brackets, rungs.Length + 1))
            .Select(start => (rungs.Length + 1.0) / (rungs.Length - start + 1) * Math.Pow(factor, rungs.Length - start))
            .ToArray();
        var draw = weights.Sum() * new KeyedStream(trial.Space.Seed, (ulong)trial.Id.Number, "bracket").Real(0);
        var bracket = 0;
        while (bracket < weights.Length - 1 && draw >= weights[bracket])
            draw -= weights[bracket++];
        return (bracket, rungs[bracket..]);
    }
}

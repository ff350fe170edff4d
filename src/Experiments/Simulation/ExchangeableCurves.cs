using Experiments.Samplers;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Experiments.Simulation;

/// <summary>
/// Learning curves for sweeps of which nothing is known: every configuration is as likely as any other to be the best, and a value
/// on the way foretells the final one the better the later it is taken.
/// </summary>
/// <remarks>
/// A configuration has an end q and a beginning e, independent and standard normal. After a share p of its steps its value is
/// ρ q + √(1 - ρ²) e, lower being better, beside a mean that falls evenly with the logarithm of the step; ρ, its correlation
/// with the final value, rises evenly with that logarithm from what is given, after 1/81 of the steps, to 1. Replicates share q.
/// </remarks>
public sealed class ExchangeableCurves : ITrialModel
{
    /// <summary>About that of adapters' losses after one of 81 epochs.</summary>
    public const double UsualCorrelation = 0.85;

    private const double Fall = 2; // of the mean, from 1/81 to the end, in standard deviations of final values

    private static readonly double _logBeginning = Math.Log(81);

    private readonly SweepSpec _spec;
    private readonly Dictionary<(int Block, string Entry), Known> _entries = [];
    private readonly double _correlation;

    /// <summary>Curves of a sweep.</summary>
    /// <param name="spec">The sweep, whose seed is that of the curves too.</param>
    /// <param name="catalogue">Says how many steps trials make where their configuration does not.</param>
    /// <param name="stepTime">Time of a step of an entry, by the index of its block and its name; of the whole of what trains
    /// nothing.</param>
    /// <param name="correlation">Correlation with the final value after 1/81 of the steps, from -1 to 1.</param>
    public ExchangeableCurves(SweepSpec spec, ICatalogue catalogue, Func<int, string, TimeSpan> stepTime, double correlation)
    {
        (_spec, _correlation) = (spec, correlation);
        for (var block = 0; block < spec.Tasks.Count; block++)
        {
            foreach (var entry in spec.Tasks[block].Methods)
            {
                var trains = catalogue.Trains(spec.Tasks[block], entry);
                var seed = TrialSeed.OfEntry(spec.Seed, block, entry.Name);
                _entries.Add((block, entry.Name), new Known(seed, stepTime(block, entry.Name), trains ? catalogue.UsualSteps : null));
            }
        }
    }

    /// <inheritdoc/>
    public int Steps(TrialWork work) => work is TrialWork.Train train
        ? PlannedEntry.Steps(train.Configuration, Of(train).PresetSteps)
        : 1;

    /// <inheritdoc/>
    /// <remarks>Preparations take no time: they are done once, or lie in the cache.</remarks>
    public TimeSpan StepTime(TrialWork work) => work is TrialWork.Train train ? Of(train).StepTime : TimeSpan.Zero;

    /// <inheritdoc/>
    public double Value(TrialId trial, TrialWork.Train work, int step)
    {
        var left = -Math.Log(step / (double)Steps(work)) / _logBeginning; // 1 after 1/81 of the steps, 0 at the end
        var known = 1 - (1 - _correlation) * Math.Min(1, left);
        var counter = 0UL;
        var end = new KeyedStream(Of(work).Seed, (ulong)work.Index, "end").Normal(ref counter);
        var beginning = new KeyedStream(Of(work).Seed, (ulong)work.Index, "beginning").Normal(ref counter);
        var value = Fall * left + known * end + Math.Sqrt(1 - known * known) * beginning;
        return _spec.Tasks[work.Block].Maximize ? -value : value;
    }

    private Known Of(TrialWork.Train train) => _entries[(train.Block, train.Entry)];

    private sealed record Known(ulong Seed, TimeSpan StepTime, long? PresetSteps);
}

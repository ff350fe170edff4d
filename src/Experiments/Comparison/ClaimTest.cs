using System.Collections.Immutable;
using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Experiments.Comparison;

/// <summary>What became of a claim on one block.</summary>
public sealed record ClaimTest
{
    /// <summary>The claim.</summary>
    public required Claim Claim { get; init; }

    /// <summary>The task of the block.</summary>
    public required string Task { get; init; }

    /// <summary>What is compared.</summary>
    public required Objective Metric { get; init; }

    /// <summary>Mean of what is to be better, over the shared seeds; null where there are none.</summary>
    public Estimate? Better { get; init; }

    /// <summary>Mean of what it is to be better than.</summary>
    public Estimate? Than { get; init; }

    /// <summary>The one minus the other, seed by seed, in units of the metric.</summary>
    public Estimate? Difference { get; init; }

    /// <summary>Two-sided sign-flip p of a difference other than the margin, by Holm over the claims of the sweep; null with too few
    /// seeds.</summary>
    public double? HolmP { get; init; }

    /// <summary>What may be said.</summary>
    public required ClaimVerdict Verdict { get; init; }

    /// <summary>Tests the claims of a sweep on what is finished so far.</summary>
    /// <param name="spec">The sweep.</param>
    /// <param name="blocks">Its methods compared: the configurations that stand for entries are those chosen there.</param>
    /// <param name="trials">Its trials.</param>
    internal static ImmutableArray<ClaimTest> Of(
        SweepSpec spec, IEnumerable<BlockComparison> blocks, IReadOnlyList<TrialRow> trials)
    {
        var byTrial = trials.ToDictionary(trial => trial.Trial);
        var found = spec.Compare.Claims.SelectMany(claim => blocks
                .Where(block => claim.Entries.All(name => block.Rows.Any(row => row.Entry == name)))
                .Select(block => Measure(claim, block, byTrial, spec.Compare.Confidence)))
            .ToArray();
        var tested = Enumerable.Range(0, found.Length).Where(i => found[i].P is not null).ToArray();
        foreach (var (i, holm) in tested.Zip(Holm.Correct([.. tested.Select(i => found[i].P!.Value)])))
            found[i].Test = found[i].Test.Judge(holm, spec.Compare.Confidence);
        return [.. found.Select(each => each.Test)];
    }

    private static (ClaimTest Test, double? P) Measure(
        Claim claim, BlockComparison block, Dictionary<TrialId, TrialRow> trials, double confidence)
    {
        var metric = claim.Metric ?? new Objective(block.Metric, block.Maximize);
        var (better, than) = (BySeed(claim.Better), BySeed(claim.Than));
        int[] shared = [.. better.Keys.Intersect(than.Keys).Order()];
        var test = new ClaimTest { Claim = claim, Task = block.Task, Metric = metric, Verdict = ClaimVerdict.TooFewSeeds };
        if (shared.Length == 0)
            return (test, null);

        double[] left = [.. shared.Select(seed => better[seed])];
        double[] right = [.. shared.Select(seed => than[seed])];
        var allowed = metric.Maximize ? claim.Margin : -claim.Margin;
        test = test with
        {
            Better = Estimate.Of(left, confidence),
            Than = Estimate.Of(right, confidence),
            Difference = PairedDifference.Of(left, right, confidence).Difference,
        };
        return (test, PairedDifference.Of([.. left.Select(value => value + allowed)], right, confidence).PermutationP);

        // The mean over the entries; of seeds that one of them lacks there is none.
        Dictionary<int, double> BySeed(IEnumerable<string> entries)
        {
            var each = entries.Select(name => Values(block.Rows.First(row => row.Entry == name), metric.Name, block, trials)).ToArray();
            return each[0].Keys.Where(seed => each.All(values => values.ContainsKey(seed)))
                .ToDictionary(seed => seed, seed => each.Average(values => values[seed]));
        }
    }

    private static Dictionary<int, double> Values(
        MethodRow row, string metric, BlockComparison block, Dictionary<TrialId, TrialRow> trials)
    {
        var values = new Dictionary<int, double>();
        foreach (var seed in row.Chosen?.Seeds ?? [])
        {
            var trial = trials[seed.Trial];
            var value = block.HasTestSplit && !TrialCosts.Names.Contains(metric)
                ? trial.Result!.Metrics.TryGetValue($"test_{metric}", out var test) ? test : null
                : TrialOutcome.Value(trial.Result!, trial.Elapsed, metric);
            if (value is { } known && double.IsFinite(known))
                values.Add(seed.Seed, known);
        }

        return values;
    }

    /// <summary>A claim holds, or its opposite does, where interval and corrected p both say so.</summary>
    private ClaimTest Judge(double holm, double confidence)
    {
        var turn = Metric.Maximize ? 1 : -1;
        var interval = Difference!.Interval!; // there are enough seeds for p, so for this
        var (low, high) = turn > 0 ? (interval.Low, interval.High) : (-interval.High, -interval.Low);
        var verdict = holm > 1 - confidence ? ClaimVerdict.NotVisible
            : low > -Claim.Margin ? ClaimVerdict.Holds
            : high < -Claim.Margin ? ClaimVerdict.Contradicted
            : ClaimVerdict.NotVisible;
        return this with { HolmP = holm, Verdict = verdict };
    }
}

/// <summary>What may be said of a claim.</summary>
public enum ClaimVerdict
{
    /// <summary>Fewer seeds than a test needs.</summary>
    TooFewSeeds,

    /// <summary>The difference is as claimed.</summary>
    Holds,

    /// <summary>Neither the claim nor its opposite can be told from chance.</summary>
    NotVisible,

    /// <summary>The difference is the other way round.</summary>
    Contradicted,
}

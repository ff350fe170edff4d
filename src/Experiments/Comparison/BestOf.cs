using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Experiments.Samplers;
using Experiments.Storage;
using Experiments.Sweeps;

namespace Experiments.Comparison;

/// <summary>For each method what the best of k configurations is expected to be: how much of a result is due to how long it was
/// tuned.</summary>
public sealed record BestOf
{
    /// <summary>Name and version of the JSON form; within a version fields are only added.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema { get; } = "orchestrator/best-of/1";

    /// <summary>Name of the sweep.</summary>
    public required string Sweep { get; init; }

    /// <summary>Share of the draws that an interval holds.</summary>
    public required double Confidence { get; init; }

    /// <summary>Whether later configurations were drawn by what earlier ones came to. A random subset of them is then no shorter
    /// search, and the curves only describe what was found.</summary>
    public required bool IsAdaptive { get; init; }

    /// <summary>The curves of each task block, in file order.</summary>
    public required ImmutableArray<BestOfBlock> Blocks { get; init; }

    /// <summary>The curves over what has ended so far.</summary>
    /// <param name="spec">The sweep.</param>
    /// <param name="trials">Its trials in any order and state.</param>
    public static BestOf Of(SweepSpec spec, IReadOnlyList<TrialRow> trials)
    {
        var byEntry = TriedConfiguration.ByEntry(trials);
        return new BestOf
        {
            Sweep = spec.Name,
            Confidence = spec.Compare.Confidence,
            IsAdaptive = SamplerCatalogue.Create(spec.Sampler).UsesHistory,
            Blocks =
            [
                .. spec.Tasks.Select((block, index) => new BestOfBlock(
                    index, block.Task, block.Size, block.Base, block.Metric, block.Maximize,
                    [
                        .. block.Methods.Select(entry => BestOfCurve.Of(
                            entry.Name, TriedConfiguration.Of(block, byEntry[(index, entry.Name)]), spec.Compare.Confidence)),
                    ])),
            ],
        };
    }
}

/// <summary>The curves of one task block.</summary>
/// <param name="Block">Index of the block.</param>
/// <param name="Task">The task.</param>
/// <param name="Size">The task's size.</param>
/// <param name="Base">The base model.</param>
/// <param name="Metric">The metric, without split; its values here are means over seeds on the validation split.</param>
/// <param name="Maximize">Whether more of it is better.</param>
/// <param name="Entries">A curve an entry, in file order.</param>
public sealed record BestOfBlock(
    int Block, string Task, string Size, string Base, string Metric, bool Maximize, ImmutableArray<BestOfCurve> Entries);

/// <summary>
/// Expected metric of the best of k configurations, for k from 1 to their number, when the k are drawn from the recorded ones
/// without replacement. That is the unbiased estimate for k new draws from where these came from.
/// </summary>
/// <param name="Entry">Name of the entry.</param>
/// <param name="Configurations">Configurations that have ended.</param>
/// <param name="WithoutResult">How many of them have no value, or failed on a seed: they count as drawn and are never best.</param>
/// <param name="Points">The curve; empty where nothing has a value.</param>
/// <remarks>The curve of Dodge et al. 2019 ("Show Your Work", arXiv:1909.03004), who draw with replacement, which is biased against
/// the few best (Tang et al. 2020, arXiv:2004.13705); drawn without it is an average over all subsets. Intervals are exact
/// quantiles of the order statistic: they say how much luck k draws from these configurations hold, and shrink to a point
/// where k is all of them.</remarks>
public sealed record BestOfCurve(string Entry, int Configurations, int WithoutResult, ImmutableArray<BestOfPoint> Points)
{
    internal static BestOfCurve Of(string entry, IEnumerable<TriedConfiguration> configurations, double confidence)
    {
        TriedConfiguration[] ended = [.. configurations.Where(configuration => configuration is { HasEnded: true, WasStarted: true })];
        var most = ended.Select(configuration => configuration.Finished.Length).DefaultIfEmpty().Max();
        var values = ended.Where(configuration => most > 0 && configuration.Finished.Length == most)
            .OrderByDescending(configuration => configuration.Violation)
            .ThenByDescending(configuration => configuration.Score)
            .Select(configuration => configuration.Mean!.Value)
            .ToArray();
        return new BestOfCurve(entry, ended.Length, ended.Length - values.Length, Curve(values, ended.Length, confidence));
    }

    /// <param name="worstFirst">The values, worst first.</param>
    /// <param name="count">Number of configurations, those without a value among them.</param>
    /// <param name="confidence">Share of the draws that an interval holds.</param>
    internal static ImmutableArray<BestOfPoint> Curve(double[] worstFirst, int count, double confidence) => worstFirst.Length == 0
        ? []
        : [.. Enumerable.Range(1, count).Select(k => Point(worstFirst, count, k, confidence))];

    private static BestOfPoint Point(double[] worstFirst, int count, int k, double confidence)
    {
        var chances = Chances(count, k)[^worstFirst.Length..];
        var some = chances.Sum();
        var expected = chances.Zip(worstFirst, (chance, value) => chance * value).Sum() / some;
        var (one, other) = (Quantile((1 - confidence) / 2), Quantile((1 + confidence) / 2));
        return new BestOfPoint(k, expected, Math.Min(one, other), Math.Max(one, other), Math.Min(1, some));

        double Quantile(double share)
        {
            var sum = 0.0;
            for (var i = 0; i < chances.Length; i++)
            {
                sum += chances[i];
                if (sum >= share * some * (1 - 1e-12)) // sums of chances are off in their last bits
                    return worstFirst[i];
            }

            return worstFirst[^1];
        }
    }

    /// <summary>For each rank from the worst the chance that it is the best of k of n: C(i-1, k-1) / C(n, k), from the top down so
    /// that no factorial overflows.</summary>
    private static double[] Chances(int count, int k)
    {
        var chances = new double[count];
        chances[^1] = (double)k / count;
        for (var rank = count - 1; rank >= k; rank--)
            chances[rank - 1] = chances[rank] * (rank + 1 - k) / rank;
        return chances;
    }
}

/// <summary>A point of the curve.</summary>
/// <param name="K">Configurations drawn.</param>
/// <param name="Expected">Expected metric of the best of them, given that any has a value.</param>
/// <param name="Low">Lower end of what the share of draws comes to.</param>
/// <param name="High">Upper end.</param>
/// <param name="ChanceOfResult">Chance that any of them has a value.</param>
public sealed record BestOfPoint(int K, double Expected, double Low, double High, double ChanceOfResult);

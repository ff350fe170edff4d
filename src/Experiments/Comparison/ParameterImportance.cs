using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Experiments.Samplers;
using Experiments.Storage;
using Experiments.Sweeps;
using MathNet.Numerics.Random;

namespace Experiments.Comparison;

/// <summary>Which searched parameters the metric depends on, for each method by itself: methods have parameters of their own.</summary>
public sealed record ParameterImportance
{
    /// <summary>Below that many configurations with a value nothing is said: a forest of so few finds what is not there.</summary>
    public const int LeastConfigurations = 20;

    /// <summary>Random halves of the configurations that the standard error is from.</summary>
    public const int Repetitions = 16;

    /// <summary>Name and version of the JSON form; within a version fields are only added.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema { get; } = "orchestrator/importance/1";

    /// <summary>Name of the sweep.</summary>
    public required string Sweep { get; init; }

    /// <summary>The methods of each task block, in file order.</summary>
    public required ImmutableArray<ImportanceBlock> Blocks { get; init; }

    /// <summary>The importance by what is finished so far. A function of its arguments alone.</summary>
    /// <param name="spec">The sweep.</param>
    /// <param name="trials">Its trials in any order and state.</param>
    public static ParameterImportance Of(SweepSpec spec, IReadOnlyList<TrialRow> trials)
    {
        var byEntry = TriedConfiguration.ByEntry(trials);
        return new ParameterImportance
        {
            Sweep = spec.Name,
            Blocks =
            [
                .. spec.Tasks.Select((block, index) => new ImportanceBlock(
                    index, block.Task, block.Size, block.Base, block.Metric,
                    [
                        .. block.Methods.Select(entry =>
                            EntryImportance.Of(entry, TriedConfiguration.Of(block, byEntry[(index, entry.Name)]))),
                    ])),
            ],
        };
    }
}

/// <summary>The methods of one task block.</summary>
/// <param name="Block">Index of the block.</param>
/// <param name="Task">The task.</param>
/// <param name="Size">The task's size.</param>
/// <param name="Base">The base model.</param>
/// <param name="Metric">The metric, without split; its values here are means over seeds on the validation split.</param>
/// <param name="Entries">The entries, in file order.</param>
public sealed record ImportanceBlock(
    int Block, string Task, string Size, string Base, string Metric, ImmutableArray<EntryImportance> Entries);

/// <summary>The parameters of one entry.</summary>
/// <param name="Entry">Name of the entry.</param>
/// <param name="Configurations">Configurations with a value.</param>
/// <param name="Searched">How many parameters it searches.</param>
/// <param name="Parameters">Those, the most important first; empty where the configurations are too few, or all alike in value.</param>
public sealed record EntryImportance(string Entry, int Configurations, int Searched, ImmutableArray<ImportanceRow> Parameters)
{
    private const int Seed = 20_140_622;

    internal static EntryImportance Of(MethodEntry entry, IEnumerable<TriedConfiguration> configurations)
    {
        var cube = UnitCube.Of(entry.Space);
        int[] searched = [.. Enumerable.Range(0, cube.Dimensions).Where(dimension => cube.CountOf(dimension) != 1)];
        string[] names = [.. searched.Select(dimension => entry.Space.Parameters[dimension].Name)];
        TriedConfiguration[] finished = [.. configurations.Where(configuration => configuration.Mean is not null)];
        double[][] points = [.. finished.Select(configuration => Point(configuration.Values))];
        double[] values = [.. finished.Select(configuration => configuration.Mean!.Value)];
        return new EntryImportance(
            entry.Name,
            finished.Length,
            searched.Length,
            searched.Length == 0 || finished.Length < ParameterImportance.LeastConfigurations || values.Min() == values.Max()
                ? []
                : Rows(names, points, values));

        double[] Point(Configuration values)
        {
            var point = cube.PointOf(values);
            return [.. searched.Select((dimension, k) => values.Values.ContainsKey(names[k]) ? point[dimension] : double.NaN)];
        }
    }

    private static ImmutableArray<ImportanceRow> Rows(string[] names, double[][] points, double[] values)
    {
        var random = new Xoshiro256StarStar(Seed, threadSafe: false);
        var whole = VarianceDecomposition.Of(points, values, random);
        var halves = new VarianceDecomposition[ParameterImportance.Repetitions];
        var order = Enumerable.Range(0, points.Length).ToArray();
        for (var repetition = 0; repetition < halves.Length; repetition++)
        {
            Shuffle(order, random);
            var half = order[..(points.Length / 2)];
            halves[repetition] = VarianceDecomposition.Of([.. half.Select(i => points[i])], [.. half.Select(i => values[i])], random);
        }

        return
        [
            .. names.Select((name, k) => new ImportanceRow(
                    name,
                    whole.Alone[k],
                    StandardError([.. halves.Select(half => half.Alone[k])]),
                    whole.InAll[k],
                    StandardError([.. halves.Select(half => half.InAll[k])]),
                    points.Count(point => !double.IsNaN(point[k])) / (double)points.Length))
                .OrderByDescending(row => row.InAll),
        ];
    }

    /// <summary>A half that is drawn without replacement differs from the whole as the whole does from what it was drawn from.</summary>
    /// <remarks>Random half-sampling without replacement: Politis, Romano and Wolf 1999, <em>Subsampling</em>, section 2.2.</remarks>
    private static double StandardError(double[] halves)
    {
        var mean = halves.Average();
        return Math.Sqrt(halves.Sum(value => (value - mean) * (value - mean)) / (halves.Length - 1));
    }

    private static void Shuffle(int[] items, RandomSource random)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = random.Next(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
}

/// <summary>How much of the variance of the metric a parameter explains, over its whole range as it is searched.</summary>
/// <param name="Parameter">Its name.</param>
/// <param name="Alone">Share of the variance that it explains whatever the others are: its main effect.</param>
/// <param name="AloneError">Standard error of that, by random halves of the configurations.</param>
/// <param name="InAll">Share with every interaction that it takes part in: its total effect. These add up to more than 1 where
/// parameters interact.</param>
/// <param name="InAllError">Standard error of that.</param>
/// <param name="Active">Share of the configurations that have it at all; below 1 where it depends on others.</param>
public sealed record ImportanceRow(
    string Parameter, double Alone, double AloneError, double InAll, double InAllError, double Active);

using Experiments.Comparison;

namespace Experiments.Reports;

/// <summary>Comparisons for spreadsheets and data frames: full precision, seconds and bytes.</summary>
public static class ComparisonCsv
{
    /// <summary>A row a method entry.</summary>
    public static string Of(SweepComparison comparison) => Csv.Of(
        comparison.Blocks.SelectMany(block => block.Rows.Select(row => (Block: block, Row: row))),
        ("sweep", _ => comparison.Sweep),
        ("block", at => at.Block.Block),
        ("task", at => at.Block.Task),
        ("size", at => at.Block.Size),
        ("base", at => at.Block.Base),
        ("metric", at => at.Block.Metric),
        ("maximize", at => at.Block.Maximize),
        ("entry", at => at.Row.Entry),
        ("method", at => at.Row.Method),
        ("reference", at => at.Row.Reference),
        ("n", at => at.Row.Test?.Count),
        ("mean", at => at.Row.Test?.Mean),
        ("standard_deviation", at => at.Row.Test?.StandardDeviation),
        ("minimum", at => at.Row.Test?.Minimum),
        ("maximum", at => at.Row.Test?.Maximum),
        ("interval_low", at => at.Row.Test?.Interval?.Low),
        ("interval_high", at => at.Row.Test?.Interval?.High),
        ("interval_kind", at => Name(at.Row.Test?.Interval?.Kind)),
        ("confidence", _ => comparison.Confidence),
        ("pairs", at => at.Row.AgainstReference?.Difference.Count),
        ("difference", at => at.Row.AgainstReference?.Difference.Mean),
        ("difference_low", at => at.Row.AgainstReference?.Difference.Interval?.Low),
        ("difference_high", at => at.Row.AgainstReference?.Difference.Interval?.High),
        ("effect_size", at => at.Row.AgainstReference?.EffectSize),
        ("permutation_p", at => at.Row.AgainstReference?.PermutationP),
        ("holm_p", at => at.Row.AgainstReference?.HolmP),
        ("wilcoxon_p", at => at.Row.AgainstReference?.WilcoxonP),
        ("verdict", at => Name(at.Row.AgainstReference?.Verdict)),
        ("trainable_parameters", at => at.Row.TrainableParameters),
        ("total_parameters", at => at.Row.TotalParameters),
        ("device", at => string.Join('+', at.Row.Costs.Select(cost => cost.Device))),
        ("mean_elapsed_seconds", at => OnlyCost(at.Row)?.MeanElapsed),
        ("peak_memory_bytes", at => OnlyCost(at.Row)?.PeakMemoryBytes),
        ("on_pareto_front", at => at.Row.OnParetoFront),
        ("configurations_tried", at => at.Row.ConfigurationsTried),
        ("tuning_seconds", at => at.Row.TuningTime),
        ("failed_trials", at => at.Row.Failures.Values.Sum()),
        ("chosen", at => at.Row.Chosen?.Index),
        ("configuration", at => at.Row.Chosen?.Values),
        ("violation", at => at.Row.Chosen?.Violation),
        ("violated", at => at.Row.Chosen is null ? null : string.Join("; ", at.Row.Chosen.Violations.Select(v => v.Constraint))),
        ("hypervolume", at => at.Block.TradeOff?.Entries.FirstOrDefault(entry => entry.Entry == at.Row.Entry)?.Hypervolume),
        ("budget_trials", at => at.Block.Budget?.Trials),
        ("budget_seconds", at => at.Block.Budget?.Time));

    /// <summary>Best-of-k curves, a row a point.</summary>
    public static string Of(BestOf bestOf) => Csv.Of(
        bestOf.Blocks.SelectMany(block => block.Entries.SelectMany(entry => entry.Points.Select(point => (block, entry, point)))),
        ("sweep", _ => bestOf.Sweep),
        ("block", at => at.block.Block),
        ("task", at => at.block.Task),
        ("metric", at => at.block.Metric),
        ("maximize", at => at.block.Maximize),
        ("entry", at => at.entry.Entry),
        ("configurations", at => at.entry.Configurations),
        ("without_result", at => at.entry.WithoutResult),
        ("k", at => at.point.K),
        ("expected", at => at.point.Expected),
        ("low", at => at.point.Low),
        ("high", at => at.point.High),
        ("confidence", _ => bestOf.Confidence),
        ("chance_of_result", at => at.point.ChanceOfResult));

    /// <summary>Importance of parameters, a row a parameter.</summary>
    public static string Of(ParameterImportance importance) => Csv.Of(
        importance.Blocks.SelectMany(block => block.Entries.SelectMany(entry => entry.Parameters.Select(row => (block, entry, row)))),
        ("sweep", _ => importance.Sweep),
        ("block", at => at.block.Block),
        ("task", at => at.block.Task),
        ("metric", at => at.block.Metric),
        ("entry", at => at.entry.Entry),
        ("configurations", at => at.entry.Configurations),
        ("parameter", at => at.row.Parameter),
        ("alone", at => at.row.Alone),
        ("alone_error", at => at.row.AloneError),
        ("in_all", at => at.row.InAll),
        ("in_all_error", at => at.row.InAllError),
        ("active", at => at.row.Active));

    /// <summary>Cost where all seeds ran on one kind of device; there is no mean over unlike devices.</summary>
    private static DeviceCost? OnlyCost(MethodRow row) => row.Costs is [var cost] ? cost : null;

    private static string? Name<T>(T? value) where T : struct, Enum => value is { } known ? SnakeCase.Of(known) : null;
}

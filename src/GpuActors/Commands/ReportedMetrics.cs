using System.Collections.Immutable;
using System.Text.Json;
using Experiments.Sweeps;
using GpuActors.Workers;

namespace GpuActors.Commands;

/// <summary>What a program has reported so far, and what the trial is worth by it. It is kept in the
/// attempt's folder when that is stopped: the next one may find that there is nothing left to do, and report nothing.</summary>
/// <param name="block">Says what is judged by.</param>
/// <param name="takesBest">Whether the best value counts, else the last.</param>
/// <param name="fromStep">The step that the attempt goes on from.</param>
/// <param name="earlier">What earlier attempts had reported when they were stopped.</param>
internal sealed class ReportedMetrics(
    TaskBlock block, bool takesBest, int fromStep, IReadOnlyDictionary<string, double> earlier)
{
    private const string FileName = "reported.json";

    private readonly Dictionary<string, double> _final = new(earlier, StringComparer.Ordinal);
    private double? _best = block.ValueOf(earlier);

    /// <summary>The last step.</summary>
    public int Step { get; private set; } = fromStep;

    /// <summary>Takes in a line. One without a step is of the next.</summary>
    public (int Step, IReadOnlyDictionary<string, double> Values) Add(MetricLine line)
    {
        Step = line.Step ?? Step + 1;
        var value = block.ValueOf(line.Values);
        if (takesBest && value is not null && (block.Maximize ? value <= _best : value >= _best))
            return (Step, line.Values); // all that was reported with the best value is kept with it

        _best = value ?? _best;
        foreach (var (name, reported) in line.Values)
            _final[name] = reported;
        return (Step, line.Values);
    }

    /// <summary>The last value of each name; null where the metric is not among them.</summary>
    public ImmutableSortedDictionary<string, double>? Final() => block.ValueOf(_final) is null ? null : Metrics.Sorted(_final);

    /// <summary>Keeps it in the folder of the attempt.</summary>
    public void Save(string folder) => File.WriteAllText(Path.Combine(folder, FileName), JsonSerializer.Serialize(_final));

    /// <summary>What was kept last, of the folders of a trial's attempts from the newest on; nothing where nothing was.</summary>
    public static IReadOnlyDictionary<string, double> Read(IEnumerable<string> folders) =>
        folders.Select(folder => Path.Combine(folder, FileName)).FirstOrDefault(File.Exists) is { } path
            ? JsonSerializer.Deserialize<Dictionary<string, double>>(File.ReadAllText(path))!
            : ImmutableDictionary<string, double>.Empty;

    /// <summary>Says that the metric was not reported, and what was.</summary>
    /// <param name="where">Where metric lines are read from.</param>
    public string Missing(string where) => _final.Count == 0
        ? $"It ended well, but wrote no line of metrics to {where}, such as {{\"step\": 1, \"{block.Metric}\": 0.5}}."
        : $"It ended well, but never reported '{block.Metric}'.{NearestName.Question(block.Metric, _final.Keys)} "
            + $"It reported {string.Join(", ", _final.Keys.Order(StringComparer.Ordinal))}.";
}

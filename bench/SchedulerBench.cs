using Bench.Simulation;
using Experiments.Sweeps;

namespace Bench;

/// <summary>
/// How good the best trial of a sweep is at equal budget, by scheduler: 8 workers, 30 full trainings of 81 epochs, virtual time, on
/// curves that early values foretell and on curves where they mislead.
/// </summary>
internal static class SchedulerBench
{
    private const int Seeds = 20;
    private const string Shared = "shared"; // the family's own configurations, equal for all

    private static readonly (string Name, SchedulerSpec Spec)[] _schedulers =
    [
        ("fifo", Of("fifo")),
        ("asha", Of("asha")),
        ("asha, probes 0", Of("asha", ("probes", 0))),
        ("asha-stop", Of("asha-stop")),
        ("hyperband", Of("hyperband")),
        ("median", Of("median", ("checks", 81))),
    ];

    public static Report Run()
    {
        // Rules are chosen on other seeds than those that are reported, and on parts of the table:
        // SCHEDULER_SEEDS=1000..1100 SCHEDULER_CURVES="family A" SCHEDULER_SAMPLERS=tpe SCHEDULER_NAMES=asha dotnet run …
        var seeds = Environment.GetEnvironmentVariable("SCHEDULER_SEEDS")?.Split("..") is [var first, var end]
            ? Enumerable.Range(int.Parse(first), int.Parse(end) - int.Parse(first)).ToArray()
            : [.. Enumerable.Range(0, Seeds)];
        (CurveFamily Family, string Sampler)[] cases =
        [
            (CurveFamilies.A, Shared), (CurveFamilies.A, "random"), (CurveFamilies.A, "tpe"),
            .. CurveFamilies.Foretelling.Concat(CurveFamilies.Misleading).Skip(1).Select(family => (family, Shared)),
        ];
        return new Report(
            "schedulers",
            $"true final value of the best trial after a third, two thirds and all of 30 x 81 epochs on 8 workers; median (quartiles) "
                + $"of {seeds.Length} seeds, and their mean at the end with its standard error",
            ["curves", "configurations", "scheduler", "1/3", "2/3", "3/3", "mean", "error", "started", "completed"],
            [
                .. from each in cases
                   where IsAsked("CURVES", each.Family.Name) && IsAsked("SAMPLERS", each.Sampler)
                   from scheduler in _schedulers
                   where IsAsked("NAMES", scheduler.Name)
                   select Row(each.Family, each.Sampler, scheduler, seeds),
            ],
            UsesTorch: false);
    }

    private static bool IsAsked(string what, string name) =>
        Environment.GetEnvironmentVariable($"SCHEDULER_{what}")?.Split(',').Contains(name) ?? true;

    private static IReadOnlyList<object> Row(CurveFamily family, string sampler, (string Name, SchedulerSpec Spec) scheduler, int[] seeds)
    {
        var drawn = sampler == Shared ? null : sampler;
        var results = seeds.AsParallel().AsOrdered().Select(seed => new CurveSweep(family, scheduler.Spec, drawn, seed).Run()).ToArray();
        double[] ends = [.. results.Select(result => result.Scores[^1])];
        var mean = ends.Average();
        return
        [
            family.Name, sampler, scheduler.Name,
            .. Enumerable.Range(0, 3).Select(part => Fine(Spread.Of(results.Select(result => result.Scores[part])))),
            $"{mean:0.0000}",
            $"{Math.Sqrt(ends.Sum(end => (end - mean) * (end - mean)) / (ends.Length - 1.0) / ends.Length):0.0000}",
            Spread.Of(results.Select(result => (double)result.Started)).Median,
            Spread.Of(results.Select(result => (double)result.Completed)).Median,
        ];
    }

    private static string Fine(Spread spread) => $"{spread.Median:0.0000} ({spread.Lower:0.0000}–{spread.Upper:0.0000})";

    private static SchedulerSpec Of(string type, params (string Name, int Value)[] options) => new()
    {
        Type = type,
        Options = new Configuration(options.Select(option =>
            KeyValuePair.Create(option.Name, (ParameterValue)new ParameterValue.Integer(option.Value)))),
    };
}

using Bench.Simulation;
using Experiments.Samplers;
using Experiments.Sweeps;

namespace Bench;

/// <summary>
/// How good the best trial of a sweep is at equal budget, by scheduler: 8 workers, 30 full trainings of 81 epochs, virtual time, on
/// curves that early values foretell and on curves where they mislead.
/// </summary>
internal static class SchedulerBench
{
    private const int Seeds = 20;

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
        // Thresholds are chosen on other seeds than those that are reported: SCHEDULER_SEEDS=1000..1300 dotnet run …
        var seeds = Environment.GetEnvironmentVariable("SCHEDULER_SEEDS")?.Split("..") is [var first, var end]
            ? Enumerable.Range(int.Parse(first), int.Parse(end) - int.Parse(first)).ToArray()
            : [.. Enumerable.Range(0, Seeds)];
        var samplers = SamplerCatalogue.All.Where(part => part.Id is "random" or "tpe").Select(part => part.Id);
        (CurveFamily Family, string? Sampler)[] cases =
        [
            (CurveFamilies.A, null),
            .. samplers.Select(sampler => (CurveFamilies.A, (string?)sampler)),
            .. CurveFamilies.Foretelling.Concat(CurveFamilies.Misleading).Skip(1).Select(family => (family, (string?)null)),
        ];
        return new Report(
            "schedulers",
            $"true final value of the best trial after a third, two thirds and all of 30 x 81 epochs on 8 workers; median (quartiles) "
                + $"of {seeds.Length} seeds",
            ["curves", "configurations", "scheduler", "1/3", "2/3", "3/3", "started", "completed"],
            [.. cases.SelectMany(each => _schedulers.Select(scheduler => Row(each.Family, each.Sampler, scheduler, seeds)))],
            UsesTorch: false);
    }

    private static IReadOnlyList<object> Row(CurveFamily family, string? sampler, (string Name, SchedulerSpec Spec) scheduler, int[] seeds)
    {
        var results = seeds.AsParallel().AsOrdered().Select(seed => new CurveSweep(family, scheduler.Spec, sampler, seed).Run()).ToArray();
        return
        [
            family.Name, sampler ?? "shared", scheduler.Name,
            .. Enumerable.Range(0, 3).Select(part => Fine(Spread.Of(results.Select(result => result.Scores[part])))),
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

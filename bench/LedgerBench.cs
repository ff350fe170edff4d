using Bench.Simulation;
using Experiments.Samplers;
using Experiments.Schedulers;
using Experiments.Simulation;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Bench;

/// <summary>
/// What a trial costs the coordinator in deciding, store and network aside: whole sweeps in virtual time, by the number of
/// devices and of trials. What counts is the time within the ledger, over the first and the last tenth of the trials that begin.
/// </summary>
internal static class LedgerBench
{
    private static readonly string[] _schedulers = ["fifo", "asha"];
    private static readonly int[] _devices = [10, 100, 1_000];
    private static readonly int[] _trials = [10_000, 100_000, 1_000_000];

    public static Report Run()
    {
        // A part of it: LEDGER_TRIALS=100000 LEDGER_DEVICES=100 LEDGER_SCHEDULERS=asha,hyperband dotnet run …
        var trials = Listed("TRIALS")?.Select(int.Parse) ?? _trials;
        var devices = Listed("DEVICES")?.Select(int.Parse) ?? _devices;
        var schedulers = Listed("SCHEDULERS") ?? _schedulers;
        Measure("fifo", 10, 20_000); // so that what is measured is compiled
        Measure("asha", 10, 20_000);
        var cases =
            from scheduler in schedulers
            from count in trials
            from width in devices
            select Measure(scheduler, width, count);
        return new Report(
            "ledger",
            "microseconds of processor time in the ledger per trial, from drawing it to the end of the sweep, and what an ended trial "
                + "keeps",
            [
                "scheduler", "trials", "devices", "drawing", "first tenth", "last tenth", "last/first", "closing", "in all", "inputs",
                "bytes",
            ],
            [.. cases],
            UsesTorch: false);
    }

    private static IReadOnlyList<object> Measure(string scheduler, int devices, int trials)
    {
        var spec = CurveSweep.Spec(
            CurveFamilies.A, seed: 0, trials, new SamplerSpec { Type = "random" }, new SchedulerSpec { Type = scheduler });
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var measured = Ledger(spec);
        var drawing = Time(() => measured.Start());

        // One ledger leads the devices; the other is told the same, a tenth at a time, and with nothing else between is measured.
        var leading = Ledger(spec);
        var told = new List<LedgerInput>();
        var tenths = new TimeSpan[11]; // the last: after the last trial has begun
        var (begun, inputs) = (0L, 0L);
        var sweep = new VirtualSweep(leading.Start(), Lead, new CurveModel(CurveFamilies.A, 0), new VirtualCluster { Devices = devices });
        sweep.Run();
        Tell(10);

        (sweep, leading) = (null, null);
        var bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / trials;
        GC.KeepAlive(measured);
        var (first, last) = (tenths[0] * 10 / trials, tenths[9] * 10 / trials);
        var all = tenths.Aggregate(drawing, (sum, tenth) => sum + tenth) / trials;
        return
        [
            scheduler, trials, devices, Micro(drawing / trials), Micro(first), Micro(last), last / first, Micro(tenths[10] / trials),
            Micro(all), (double)inputs / trials, bytes,
        ];

        LedgerStep Lead(LedgerInput input)
        {
            told.Add(input);
            var step = leading!.Handle(input);
            var tenth = begun * 10 / trials;
            foreach (var recorded in step.Events)
                begun += recorded is SweepEvent.TrialLeased { Attempt.Number: 1 } ? 1 : 0;
            if (begun * 10 / trials > tenth)
                Tell((int)tenth);
            return step;
        }

        void Tell(int tenth)
        {
            tenths[tenth] = Time(() =>
            {
                foreach (var input in told)
                    measured.Handle(input);
            });
            inputs += told.Count;
            told.Clear();
        }
    }

    private static SweepLedger Ledger(SweepSpec spec) =>
        new(spec, new CurveCatalogue(), SamplerCatalogue.Create(spec.Sampler), SchedulerCatalogue.Create(spec.Scheduler));

    /// <summary>Processor time of the whole process, so that the collection of what was allocated counts and what others run does
    /// not.</summary>
    private static TimeSpan Time(Action action)
    {
        var before = Environment.CpuUsage.TotalTime;
        action();
        return Environment.CpuUsage.TotalTime - before;
    }

    private static string[]? Listed(string what) => Environment.GetEnvironmentVariable($"LEDGER_{what}")?.Split(',');

    private static double Micro(TimeSpan time) => time.TotalMicroseconds;
}

using System.Runtime.CompilerServices;
using Bench.Simulation;
using Experiments.Simulation;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Bench;

/// <summary>
/// What a trial costs the coordinator in deciding, store and network aside: whole sweeps in virtual time, by the number of
/// devices and of trials. What counts is the time within the ledger, over the first and the last tenth of the trials that begin.
/// Collections of garbage are in it, and half of what they go through is a second ledger; how long they paused is told besides.
/// </summary>
internal static class LedgerBench
{
    private const int MostTold = 10_000; // inputs at a time

    private static readonly string[] _schedulers = ["fifo", "asha"];
    private static readonly int[] _devices = [10, 100, 1_000];
    private static readonly int[] _trials = [10_000, 100_000]; // a million take minutes

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
                "scheduler", "trials", "devices", "drawing", "first tenth", "last tenth", "last/first", "closing", "in all",
                "pauses", "inputs", "bytes",
            ],
            [.. cases],
            UsesTorch: false);
    }

    private static IReadOnlyList<object> Measure(string scheduler, int devices, int trials)
    {
        var spec = CurveSweep.Spec(
            CurveFamilies.A, seed: 0, trials, new SamplerSpec { Type = "random" }, new SchedulerSpec { Type = scheduler });
        if (scheduler == "successive-seeds")
            spec = spec with { Seeds = [0, 1, 2, 3, 4] };
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var measured = Ledger(spec);
        var (drawing, pauses) = Time(() => measured.Start());

        var told = new List<LedgerInput>();
        var tenths = new TimeSpan[11]; // the last: after the last trial has begun
        var (begun, inputs) = (0L, 0L);
        Lead();
        var bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / trials;
        GC.KeepAlive(measured);
        var (first, last) = (tenths[0] * 10 / trials, tenths[9] * 10 / trials);
        var all = tenths.Aggregate(drawing, (sum, tenth) => sum + tenth) / trials;
        return
        [
            scheduler, trials, devices, Micro(drawing / trials), Micro(first), Micro(last), last / first, Micro(tenths[10] / trials),
            Micro(all), Micro(pauses / trials), (double)inputs / trials, bytes,
        ];

        // One ledger leads the devices; the other is told the same, much of it at a time, and with nothing else between is measured.
        [MethodImpl(MethodImplOptions.NoInlining)] // so that nothing of it is there when bytes are counted
        void Lead()
        {
            var leading = Ledger(spec);
            new VirtualSweep(
                leading.Start(), input => Note(input, leading.Handle(input)), new CurveModel(CurveFamilies.A, 0),
                new VirtualCluster { Devices = devices }).Run();
            Tell(10);
        }

        LedgerStep Note(LedgerInput input, LedgerStep step)
        {
            told.Add(input);
            var tenth = begun * 10 / trials;
            foreach (var recorded in step.Events)
                begun += recorded is SweepEvent.TrialLeased { Attempt.Number: 1 } ? 1 : 0;
            if (begun * 10 / trials > tenth || told.Count == MostTold)
                Tell((int)tenth);
            return step;
        }

        void Tell(int tenth)
        {
            var (deciding, paused) = Time(() =>
            {
                foreach (var input in told)
                    measured.Handle(input);
            });
            tenths[tenth] += deciding;
            pauses += paused;
            inputs += told.Count;
            told.Clear();
        }
    }

    private static SweepLedger Ledger(SweepSpec spec) =>
        new(spec, new CurveCatalogue());

    /// <summary>Processor time, so that what others run does not count, and how long collections of garbage took of the clock.</summary>
    private static (TimeSpan Deciding, TimeSpan Pauses) Time(Action action)
    {
        var (time, pauses) = (Environment.CpuUsage.TotalTime, GC.GetTotalPauseDuration());
        action();
        return (Environment.CpuUsage.TotalTime - time, GC.GetTotalPauseDuration() - pauses);
    }

    private static string[]? Listed(string what) => Environment.GetEnvironmentVariable($"LEDGER_{what}")?.Split(',');

    private static double Micro(TimeSpan time) => time.TotalMicroseconds;
}

using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;
using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Trials;
using GpuActors.Coordination;
using GpuActors.Nodes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bench.Orchestration;

/// <summary>How long a store with many finished trials takes until it answers: to the coordinator that goes on with the sweep, and
/// to whoever only reads.</summary>
internal static class ReopeningBench
{
    private const int Trials = 100_000;
    private const int Openings = 3;

    public static Report Run()
    {
        var data = Directory.CreateTempSubdirectory("bench-").FullName;
        try
        {
            var spec = NoOpSweep.Of(Trials + StoredHistory.Workers); // something is left to do, else the coordinator ends at once
            var events = StoredHistory.Write(data, spec, Trials);
            var megabytes = new DirectoryInfo(data).EnumerateFiles().Sum(file => file.Length) / 1e6;
            var rows = new List<IReadOnlyList<object>>();
            for (var opening = 1; opening <= Openings; opening++)
            {
                var used = Environment.CpuUsage.TotalTime;
                var (status, heap) = StatusAsync(data, spec).GetAwaiter().GetResult();
                used = Environment.CpuUsage.TotalTime - used;
                var (list, results) = (Seconds(data, store => store.Sweeps()), Seconds(data, store => store.Trials(spec.Name)));
                rows.Add([opening, events, megabytes, status, used.TotalSeconds, heap, list, results]);
            }

            return new Report(
                "reopening",
                string.Create(CultureInfo.InvariantCulture, $"a store of {Trials:#,0} finished trials; seconds to the first answer"),
                ["opening", "events", "store MB", "coordinator s", "its CPU s", "heap MB", "list s", "trials s"],
                rows,
                UsesTorch: false);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    /// <summary>From nothing to the coordinator's answer how the sweep stands.</summary>
    private static async Task<(double Seconds, double Megabytes)> StatusAsync(string data, SweepSpec spec)
    {
        var begun = Stopwatch.GetTimestamp();
        var notices = Channel.CreateUnbounded<SweepNotice>(new() { SingleReader = true });
        using var abort = new CancellationTokenSource();
        var host = new CoordinatorHost(
            new CoordinatorSettings
            {
                Sweep = spec.Name,
                CreateLedger = () => NoOpSweep.Ledger(spec),
                OpenStore = () => LiteDbStore.Open(data),
                DataFolder = data,
                Notices = notices.Writer,
                Logging = NullLoggerFactory.Instance,
            },
            TimeProvider.System);
        var run = host.RunAsync(CancellationToken.None, abort.Token);
        await foreach (var notice in notices.Reader.ReadAllAsync(abort.Token))
        {
            if (notice is SweepNotice.CoordinatorStarted)
                break;
        }

        var status = await (await host.Client).StatusAsync(abort.Token);
        var elapsed = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        if (status.Trials[TrialState.Completed] != Trials)
            throw new InvalidOperationException($"{status.Trials[TrialState.Completed]} trials are completed, not {Trials}.");

        var heap = GC.GetTotalMemory(forceFullCollection: true) / 1e6;
        await abort.CancelAsync();
        await run;
        return (elapsed, heap);
    }

    private static double Seconds<T>(string data, Func<LiteDbStore, T> ask)
    {
        var begun = Stopwatch.GetTimestamp();
        using var store = LiteDbStore.OpenForReading(data);
        ask(store);
        return Stopwatch.GetElapsedTime(begun).TotalSeconds;
    }
}

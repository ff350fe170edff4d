using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;
using Experiments.Storage;
using Experiments.Trials;
using GpuActors.Coordination;
using GpuActors.Nodes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bench.Orchestration;

/// <summary>
/// What the coordinator makes of trials that do nothing, by the number of workers: leased, reported (a start, a value, an end)
/// and acknowledged when they are on disk, over the loopback network to workers in the same process. So the two cores carry
/// both ends, and the memory is that of both.
/// </summary>
internal static class OrchestrationBench
{
    private const int WarmUpTrials = 2_000;
    private const int Part = 1_000;

    public static Report Run()
    {
        var trials = Setting("ORCHESTRATION_TRIALS", 10_000);
        MeasureAsync(WarmUpTrials, workers: 64).GetAwaiter().GetResult();
        int[] counts = Environment.GetEnvironmentVariable("ORCHESTRATION_WORKERS") is { } chosen
            ? [.. chosen.Split(',').Select(count => int.Parse(count, CultureInfo.InvariantCulture))]
            : [16, 64, 256];
        return new Report(
            "orchestration",
            string.Create(CultureInfo.InvariantCulture, $"{trials:#,0} trials that do nothing, durable results"),
            ["workers", "trials/s", "last/first thousand", "CPU ms a trial", "events a commit", "commit ms", "heap MB", "working set MB"],
            [.. counts.Select(count => MeasureAsync(trials, count).GetAwaiter().GetResult())],
            UsesTorch: false);
    }

    private static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    private static async Task<IReadOnlyList<object>> MeasureAsync(int trials, int workers)
    {
        var data = Directory.CreateTempSubdirectory("bench-").FullName;
        try
        {
            var notices = Channel.CreateUnbounded<SweepNotice>(new() { SingleReader = true });
            var spec = NoOpSweep.Of(trials);
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
            var watch = new Watch(trials);
            var watching = watch.ReadAsync(notices.Reader);
            var run = host.RunAsync(CancellationToken.None, CancellationToken.None);
            await using (new NoOpWorkers(workers, $"127.0.0.1:{await watch.Port}", data))
            {
                var outcome = await run;
                if (outcome.Reason != "done")
                    throw new InvalidOperationException($"The sweep ended otherwise: {outcome.Reason}.");
            }

            notices.Writer.Complete();
            await watching;
            return watch.Row(workers);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    /// <summary>Takes note, off the coordinator's threads, of when trials ended.</summary>
    private sealed class Watch(int trials)
    {
        private readonly TaskCompletionSource<int> _port = new();
        private readonly List<long> _ends = [];
        private (long Events, double Milliseconds, int Count) _commits;
        private long _begun;
        private TimeSpan _used;
        private (long Heap, long WorkingSet) _memory; // heap after a collection, working set before its pages are given back

        public Task<int> Port => _port.Task;

        public async Task ReadAsync(ChannelReader<SweepNotice> notices)
        {
            await foreach (var notice in notices.ReadAllAsync())
            {
                switch (notice)
                {
                    case SweepNotice.Listening listening:
                        _port.SetResult(listening.Port);
                        break;
                    case SweepNotice.Committed committed when _begun > 0:
                        _commits.Events += committed.Events;
                        _commits.Milliseconds += committed.Elapsed.TotalMilliseconds;
                        _commits.Count++;
                        break;
                    case SweepNotice.Recorded { Event.Event: SweepEvent.TrialLeased } when _begun == 0:
                        _begun = Stopwatch.GetTimestamp();
                        _used = Environment.CpuUsage.TotalTime;
                        break;
                    case SweepNotice.Recorded { Event.Event: SweepEvent.TrialEnded }:
                        _ends.Add(Stopwatch.GetTimestamp());
                        if (_ends.Count == trials)
                        {
                            _used = Environment.CpuUsage.TotalTime - _used;
                            _memory = (GC.GetTotalMemory(forceFullCollection: true), Environment.WorkingSet);
                        }

                        break;
                }
            }
        }

        public IReadOnlyList<object> Row(int workers)
        {
            var first = Stopwatch.GetElapsedTime(_begun, _ends[Part - 1]);
            var last = Stopwatch.GetElapsedTime(_ends[^(Part + 1)], _ends[^1]);
            return
            [
                workers, trials / Stopwatch.GetElapsedTime(_begun, _ends[^1]).TotalSeconds, last / first, _used.TotalMilliseconds / trials,
                (double)_commits.Events / _commits.Count, _commits.Milliseconds / _commits.Count,
                _memory.Heap / 1e6, _memory.WorkingSet / 1e6,
            ];
        }
    }
}

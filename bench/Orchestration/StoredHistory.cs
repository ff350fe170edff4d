using System.Collections.Immutable;
using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Trials;
using WorkerReport = Experiments.Trials.Report;

namespace Bench.Orchestration;

/// <summary>The history of a sweep as workers that do nothing would leave it, written without them.</summary>
internal static class StoredHistory
{
    /// <summary>How many trials are under way at once, so that a commit holds as many as it would of so many workers.</summary>
    public const int Workers = 64;

    private static readonly ImmutableSortedDictionary<string, double> Values =
        ImmutableSortedDictionary<string, double>.Empty.Add(NoOpSweep.Metric, 0.5);

    /// <summary>Writes a sweep up to that number of finished trials.</summary>
    /// <returns>How many events that took.</returns>
    public static long Write(string folder, SweepSpec spec, int trials)
    {
        using var store = LiteDbStore.Open(folder);
        var ledger = NoOpSweep.Ledger(spec);
        var (events, number, ended) = (new List<RecordedEvent>(), 0L, 0);
        Take(ledger.Start());
        foreach (var worker in Enumerable.Range(0, Workers))
            Take(ledger.Handle(new LedgerInput.WorkerReady(Worker(worker))));
        while (ended < trials)
        {
            foreach (var lease in ledger.Leases.OrderBy(lease => lease.Attempt.Trial).Take(trials - ended).ToList())
            {
                Report(lease, 1, new WorkerReport.Started(1, FromStep: 0));
                Report(lease, 2, new WorkerReport.Measured(1, Values));
                Report(lease, 3, new WorkerReport.Ended(
                    new AttemptOutcome.Finished(new TrialResult { Metrics = Values, Steps = 1 }), TimeSpan.FromMilliseconds(1)));
                Take(ledger.Handle(new LedgerInput.WorkerReady(lease.Worker)));
                ended++;
            }

            store.Append(events);
            events.Clear();
        }

        return number;

        void Report(Lease lease, long sequence, WorkerReport report) =>
            Take(ledger.Handle(new LedgerInput.Reported(lease.Worker.Id, lease.Attempt, sequence, report)));

        void Take(LedgerStep step) => events.AddRange(
            step.Events.Select(each => new RecordedEvent(spec.Name, ++number, DateTimeOffset.UnixEpoch.AddMilliseconds(number), each)));
    }

    private static WorkerInfo Worker(int index) => new($"worker-{index}", $"cpu:{index}", "bench");
}

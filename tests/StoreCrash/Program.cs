using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Trials;

// A process that appends to a store until it is killed, and says after each commit what was acknowledged to it.
// StoreCrash FOLDER [COMMITS]: with COMMITS it kills itself right after that many, before it can say so.
using var store = LiteDbStore.Open(args[0]);
var commits = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : int.MaxValue;
var next = store.Sweeps() is [var sweep] ? sweep.LastEvent + 1 : 1;
Console.WriteLine($"open {next - 1}");

for (var commit = 1; ; commit++)
{
    var size = commit % 10 == 0 ? 300 : commit % 3;
    var events = Enumerable.Range(0, size + 1).Select(offset => Event(next + offset)).ToList();
    store.Append(events);
    next += events.Count;
    if (commit == commits)
        Process.GetCurrentProcess().Kill();
    Console.WriteLine($"acknowledged {next - 1}");
}

static RecordedEvent Event(long number) => new("crash", number, DateTimeOffset.UnixEpoch.AddSeconds(number), number switch
{
    1 => new SweepEvent.SweepStarted(new SweepSpec { Name = "crash", Tasks = [] }),
    2 => new SweepEvent.TrialCreated(new TrialId(0), new TrialWork.Prepare("corpus"), []),
    3 => new SweepEvent.TrialLeased(new AttemptId(new TrialId(0), 1), "worker", "cpu:0", "here"),
    _ => new SweepEvent.MetricReported(
        new AttemptId(new TrialId(0), 1), number - 3, (int)number,
        ImmutableSortedDictionary<string, double>.Empty.Add("loss", 1.0 / number)),
});

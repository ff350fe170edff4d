using System.Globalization;
using System.Threading.Channels;
using Experiments.Storage;
using Experiments.SweepFiles;
using Experiments.Sweeps;
using Experiments.Trials;
using GpuActors;
using GpuActors.Coordination;
using GpuActors.Nodes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bench;

/// <summary>
/// What a trial costs beside its work: programs that do nothing but report a number, through a coordinator with its store on
/// disk, by the number of workers.
/// </summary>
internal static class CommandBench
{
    private const int Trials = 600;
    private const int Rounds = 3;

    public static Report Run()
    {
        var rows = new List<IReadOnlyList<object>>();
        int[] counts = Environment.GetEnvironmentVariable("COMMAND_WORKERS") is { } chosen
            ? [.. chosen.Split(',').Select(count => int.Parse(count, CultureInfo.InvariantCulture))]
            : [1, 2, 4];
        foreach (var workers in counts)
        {
            var rounds = Enumerable.Range(0, Rounds).Select(_ => MeasureAsync(workers).GetAwaiter().GetResult()).ToArray();
            rows.Add(
            [
                workers, Median(rounds, round => round.Rate), Median(rounds, round => round.Trial),
                Median(rounds, round => round.Gap), Median(rounds, round => round.Commit),
            ]);
        }

        return new Report(
            "commands",
            $"no-op programs as trials, {Trials} of them, median of {Rounds} rounds",
            ["workers", "trials/s", "trial ms", "between ms", "commit ms"],
            rows,
            UsesTorch: false);
    }

    private static async Task<Round> MeasureAsync(int workers)
    {
        var data = Directory.CreateTempSubdirectory("bench-").FullName;
        var notices = Channel.CreateUnbounded<SweepNotice>();
        try
        {
            var host = new CoordinatorHost(Settings(Spec(), data, workers, notices.Writer), TimeProvider.System);
            var outcome = await host.RunAsync(CancellationToken.None, CancellationToken.None);
            if (outcome.Reason != "done")
                throw new InvalidOperationException($"The sweep ended otherwise: {outcome.Reason}.");
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }

        notices.Writer.Complete();
        var all = new List<SweepNotice>();
        await foreach (var notice in notices.Reader.ReadAllAsync())
            all.Add(notice);
        return Round.Of(all);
    }

    private static SweepSpec Spec() => SweepFile.Parse(
        """
        command: [echo, '{"step": 1, "score": ${index}}']
        metric: { name: score, goal: maximize }
        parameters: { index: { low: 1, high: COUNT } }
        sampler: grid
        """.Replace("COUNT", Trials.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal),
        "no-op.yaml",
        new AdapterCatalogue());

    private static CoordinatorSettings Settings(SweepSpec spec, string data, int workers, ChannelWriter<SweepNotice> notices) => new()
    {
        Sweep = spec.Name,
        CreateLedger = () => new SweepLedger(spec, new AdapterCatalogue()),
        OpenStore = () => LiteDbStore.Open(data, _ => { }),
        DataFolder = data,
        Notices = notices,
        Logging = NullLoggerFactory.Instance,
        Devices = [.. Enumerable.Range(0, workers).Select(index => $"cpu:{index}")],
        Trains = false,
    };

    private static double Median(Round[] rounds, Func<Round, double> figure) => rounds.Select(figure).Order().ElementAt(rounds.Length / 2);

    /// <summary>One sweep: trials a second, then in ms a trial from lease to recorded end, a worker between two, and a commit.</summary>
    private sealed record Round(double Rate, double Trial, double Gap, double Commit)
    {
        /// <summary>The first tenth of the trials, in which workers start, is left out.</summary>
        public static Round Of(IReadOnlyList<SweepNotice> notices)
        {
            var leased = new Dictionary<TrialId, DateTimeOffset>();
            var (ends, took, gaps) = (new List<DateTimeOffset>(), new List<double>(), new List<double>());
            var freed = new Dictionary<string, DateTimeOffset>();
            var holder = new Dictionary<TrialId, string>();
            foreach (var recorded in notices.OfType<SweepNotice.Recorded>().Select(notice => notice.Event))
            {
                switch (recorded.Event)
                {
                    case SweepEvent.TrialLeased lease:
                        leased[lease.Attempt.Trial] = recorded.Time;
                        holder[lease.Attempt.Trial] = lease.Worker;
                        if (freed.TryGetValue(lease.Worker, out var free))
                            gaps.Add((recorded.Time - free).TotalMilliseconds);
                        break;
                    case SweepEvent.TrialEnded ended:
                        ends.Add(recorded.Time);
                        took.Add((recorded.Time - leased[ended.Trial]).TotalMilliseconds);
                        freed[holder[ended.Trial]] = recorded.Time;
                        break;
                }
            }

            var counted = ends.Skip(Trials / 10).ToList();
            var commits = notices.OfType<SweepNotice.Committed>().Select(commit => commit.Elapsed.TotalMilliseconds);
            return new Round(
                (counted.Count - 1) / (counted[^1] - counted[0]).TotalSeconds,
                Middle(took.Skip(Trials / 10)), Middle(gaps.Skip(Trials / 10)), Middle(commits.Skip(Trials / 10)));
        }

        private static double Middle(IEnumerable<double> values) =>
            values.Order().ToArray() is { Length: > 0 } sorted ? sorted[sorted.Length / 2] : 0;
    }
}

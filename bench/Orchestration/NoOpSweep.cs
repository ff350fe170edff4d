using System.Globalization;
using Experiments.SweepFiles;
using Experiments.Sweeps;
using Experiments.Trials;
using GpuActors;

namespace Bench.Orchestration;

/// <summary>Trials that differ by two numbers and do nothing. The program is never started: a runner of the bench's own reports.</summary>
internal static class NoOpSweep
{
    /// <summary>What each trial reports of its one step.</summary>
    public const string Metric = "score";

    public static SweepSpec Of(int trials) => SweepFile.Parse(
        """
        command: [no-op, --rate, '${rate}', --rank, '${rank}']
        metric: { name: METRIC, goal: maximize }
        parameters:
          rate: { low: 1.0e-5, high: 1.0e-1, log: true }
          rank: { low: 1, high: 64 }
        sampler: random
        trials: COUNT
        """.Replace("METRIC", Metric, StringComparison.Ordinal)
            .Replace("COUNT", trials.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal),
        "no-op.yaml",
        new AdapterCatalogue());

    public static SweepLedger Ledger(SweepSpec spec) => new(spec, new AdapterCatalogue());
}

using System.Collections.Immutable;
using Experiments.Trials;

namespace GpuActors.Workers;

/// <summary>Which reports go into one message: as many as are surely not too large for it together.</summary>
internal static class ReportGroups
{
    private const int Most = 8;
    private const int MostLetters = 4_096; // of the names of metrics, which nothing else bounds

    /// <summary>The reports in their order, in groups of at least one.</summary>
    public static IEnumerable<ImmutableArray<Report>> Of(IEnumerable<Report> reports)
    {
        var group = ImmutableArray.CreateBuilder<Report>();
        var letters = 0;
        foreach (var report in reports)
        {
            var more = LettersOf(report);
            if (group.Count == Most || (group.Count > 0 && letters + more > MostLetters))
            {
                yield return group.DrainToImmutable();
                letters = 0;
            }

            group.Add(report);
            letters += more;
        }

        if (group.Count > 0)
            yield return group.DrainToImmutable();
    }

    private static int LettersOf(Report report) => report switch
    {
        Report.Measured measured => measured.Values.Keys.Sum(name => name.Length),
        Report.Ended { Outcome: AttemptOutcome.Finished finished } => finished.Result.Metrics.Keys.Sum(name => name.Length),
        _ => 0,
    };
}

using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Experiments.Sweeps;

namespace Experiments.Comparison;

/// <summary>What every method of a block was given equally much of.</summary>
public enum BudgetKind
{
    /// <summary>Training trials that were started.</summary>
    Trials,

    /// <summary>Time on devices, of all attempts.</summary>
    Time,
}

/// <summary>
/// An equal budget for tuning: each method keeps its first configurations, in the order in which they were drawn, as far as the
/// budget goes that the method with the least of it had.
/// </summary>
/// <param name="Kind">What is counted.</param>
/// <param name="Trials">The budget in trials; null where time is counted.</param>
/// <param name="Time">The budget in device time; null where trials are counted.</param>
/// <param name="Unbounded">Entries that search nothing: there is no tuning to be made fair, so they stand as they are.</param>
public sealed record EqualBudget(
    BudgetKind Kind,
    int? Trials,
    [property: JsonPropertyName("seconds")] TimeSpan? Time,
    ImmutableArray<string> Unbounded)
{
    /// <summary>Cuts the configurations of each entry to the common budget.</summary>
    /// <param name="block">The block.</param>
    /// <param name="configurations">Those of each entry of the block, in order of index.</param>
    /// <param name="kind">What is counted.</param>
    /// <returns>The budget and what is within it. Entries of which nothing has ended do not lower it.</returns>
    internal static (EqualBudget Budget, ImmutableArray<TriedConfiguration>[] Within) Cut(
        TaskBlock block, ImmutableArray<TriedConfiguration>[] configurations, BudgetKind kind)
    {
        var searches = block.Methods.Select(entry => entry.Space.Parameters.Any(each => each.Domain is not Domain.Fixed)).ToArray();
        var least = configurations
            .Where((tried, i) => searches[i] && tried.Any(configuration => configuration is { HasEnded: true, WasStarted: true }))
            .Select(tried => tried.Sum(configuration => Spent(configuration, kind)))
            .DefaultIfEmpty()
            .Min();
        return (
            new EqualBudget(
                kind,
                kind == BudgetKind.Trials ? (int)least : null,
                kind == BudgetKind.Time ? TimeSpan.FromTicks(least) : null,
                [.. block.Methods.Where((_, i) => !searches[i]).Select(entry => entry.Name)]),
            [.. configurations.Select((tried, i) => searches[i] ? Within(tried, least, kind) : tried)]);
    }

    private static ImmutableArray<TriedConfiguration> Within(
        ImmutableArray<TriedConfiguration> configurations, long budget, BudgetKind kind)
    {
        var spent = 0L;
        return [.. configurations.TakeWhile(configuration => (spent += Spent(configuration, kind)) <= budget)];
    }

    /// <summary>Trials, or ticks.</summary>
    private static long Spent(TriedConfiguration configuration, BudgetKind kind) => kind == BudgetKind.Trials
        ? configuration.Trials.Count(trial => trial.Attempt > 0)
        : configuration.Elapsed.Ticks;
}

using Experiments.Schedulers;
using Experiments.Sweeps;
using Experiments.Trials;
using Xunit;

namespace Experiments.Tests.Schedulers;

/// <summary>Ladders of asha that start higher and higher up. With 9 steps and η = 3 the first has rungs at 1 and 3, the second one
/// at 3.</summary>
public sealed class BracketsTests
{
    [Fact]
    public void Rungs_of_different_ladders_are_not_mixed()
    {
        var asha = new Asha(new Asha.Options { Probes = 0, MinSteps = 1, Brackets = 2 });
        for (var number = 0; number < 40; number++)
            asha.Add(new ScheduledTrial(new TrialId(number), 0, 9));
        var low = Numbers(asha, [1, 3]);
        var high = Numbers(asha, [3]);

        foreach (var (trial, value) in low.Zip([5, 6, 7]))
            Rest(asha, trial, 1, value);
        Assert.Equal(low[0], asha.Promotion(last: false));
        asha.Promoted(low[0]);
        asha.Measured(low[0], 3, 5);
        asha.Rested(low[0], 3);
        Rest(asha, high[0], 3, 1);
        Rest(asha, high[1], 3, 2);

        Assert.Null(asha.Promotion(last: false)); // three are at step 3, but one of them in the first ladder
        Rest(asha, high[2], 3, 3);
        Assert.Equal(high[0], asha.Promotion(last: false));
    }

    [Fact]
    public void A_ladder_is_drawn_by_the_seed_and_the_number_and_by_nothing_else()
    {
        Assert.Equal(Drawn(seed: 1, group: 0), Drawn(seed: 1, group: 0));
        Assert.Equal(Drawn(seed: 1, group: 0), Drawn(seed: 1, group: 5));
        Assert.NotEqual(Drawn(seed: 1, group: 0), Drawn(seed: 2, group: 0));
    }

    private static List<int> Drawn(ulong seed, int group)
    {
        var asha = new Asha(new Asha.Options { Brackets = 2 });
        var space = new ExploredSpace(new SearchSpace([]), new HashSet<string>(), seed);
        for (var number = 0; number < 40; number++)
            asha.Add(new ScheduledTrial(new TrialId(number), group, 9) { Space = space });
        return [.. Enumerable.Range(0, 40).Select(number => asha.RungsOf(new TrialId(number)).Count)];
    }

    private static List<TrialId> Numbers(Asha asha, int[] rungs) => [.. Enumerable.Range(0, 40)
        .Select(number => new TrialId(number))
        .Where(trial => asha.RungsOf(trial).SequenceEqual(rungs))];

    private static void Rest(Asha asha, TrialId trial, int step, double value)
    {
        asha.Started(trial);
        asha.Measured(trial, step, value);
        asha.Rested(trial, step);
    }
}

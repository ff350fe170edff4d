using System.Collections.Immutable;
using Experiments.Comparison;
using Experiments.Reports;
using Experiments.Sweeps;
using Xunit;

namespace Experiments.Tests.Comparison;

public sealed class ClaimTests
{
    private static readonly double[] EightSeeds = [0.870, 0.868, 0.881, 0.875, 0.879, 0.872, 0.866, 0.884];

    private static readonly Claim Better = new() { Text = "better", Better = ["conv"], Than = ["lora"] };

    [Theory]
    [InlineData(+0.010, ClaimVerdict.Holds)]
    [InlineData(-0.010, ClaimVerdict.Contradicted)]
    public void Holds_or_is_contradicted_by_the_sign_of_the_difference(double difference, ClaimVerdict verdict)
    {
        var test = Test(Shifted(seed => difference + 0.001 * (seed % 3)), Better);

        // Differences of one sign: of 2⁸ sign flips two are as extreme.
        Assert.Equal(2.0 / 256, test.HolmP);
        Assert.Equal(verdict, test.Verdict);
        Assert.Equal(difference + 0.000875, test.Difference!.Mean, 1e-12); // 0.001 · (0+1+2+0+1+2+0+1) / 8
        Assert.Equal("dice", test.Metric.Name);
    }

    [Fact]
    public void Is_not_visible_where_seeds_disagree()
    {
        var test = Test(Shifted(seed => seed % 2 == 0 ? 0.01 : -0.01), Better);

        Assert.Equal((ClaimVerdict.NotVisible, 1.0), (test.Verdict, test.HolmP));
    }

    [Theory]
    [InlineData(0.02, ClaimVerdict.Holds)] // no more than 0.01 and a little worse
    [InlineData(0.001, ClaimVerdict.Contradicted)]
    public void A_margin_allows_to_be_that_much_worse(double margin, ClaimVerdict verdict)
    {
        var claim = new Claim { Text = "about as good", Better = ["conv"], Than = ["lora"], Margin = margin };

        Assert.Equal(verdict, Test(Shifted(seed => -0.010 - 0.001 * (seed % 2)), claim).Verdict);
    }

    [Fact]
    public void Where_less_is_better_lower_is_better()
    {
        var claim = new Claim
        {
            Text = "faster", Better = ["conv"], Than = ["lora"], Metric = new Objective(TrialCosts.Seconds, Maximize: false),
        };
        var sweep = new ExampleSweep { Claims = [claim] }
            .Entry("lora").Completed(EightSeeds, seconds: 60)
            .Entry("conv").Completed(EightSeeds, seconds: 40);

        var test = Assert.Single(Of(sweep));

        Assert.Equal((-20.0, 40.0, 60.0), (test.Difference!.Mean, test.Better!.Mean, test.Than!.Mean));
        Assert.Equal(ClaimVerdict.Holds, test.Verdict);
    }

    [Fact]
    public void Of_several_entries_the_mean_counts_so_that_an_interaction_can_be_claimed()
    {
        // Alone each brings 0.01, together 0.05: the interaction, half of (0.05 - 0.01) - (0.01 - 0), is 0.015.
        var claim = new Claim { Text = "more than the sum", Better = ["both", "none"], Than = ["one", "other"] };
        var sweep = new ExampleSweep(reference: "none") { Claims = [claim] };
        foreach (var (entry, gain) in new[] { ("none", 0.0), ("one", 0.01), ("other", 0.01), ("both", 0.05) })
            sweep.Entry(entry).Completed([.. EightSeeds.Select((value, seed) => value + gain * (1 + 0.01 * seed))]);

        var test = Assert.Single(Of(sweep));

        Assert.Equal(0.015 * 1.035, test.Difference!.Mean, 1e-12);
        Assert.Equal(ClaimVerdict.Holds, test.Verdict);
    }

    [Fact]
    public void Several_claims_are_corrected_together()
    {
        var sweep = Shifted(seed => 0.01 + 0.001 * seed, [Better, Better with { Better = ["lora"], Than = ["conv"] }]);

        Assert.All(Of(sweep), test => Assert.Equal(2 * 2.0 / 256, test.HolmP));
        Assert.Equal([ClaimVerdict.Holds, ClaimVerdict.Contradicted], Of(sweep).Select(test => test.Verdict));
    }

    [Theory]
    [InlineData(6, 1)] // 2 · 2/2⁶ = 0.0625
    [InlineData(7, 0)] // 2 · 2/2⁷ = 0.03125
    public void That_so_few_seeds_can_decide_nothing_is_said(int seeds, int notes)
    {
        var sweep = new ExampleSweep { Claims = [Better, Better with { Better = ["lora"], Than = ["conv"] }] }
            .Entry("lora").Completed([.. EightSeeds.Take(seeds)])
            .Entry("conv").Completed([.. EightSeeds.Take(seeds).Select((value, seed) => value + 0.01 + 0.001 * seed)]);

        var table = ClaimTables.Of(MethodComparison.Of(sweep.Spec, sweep.Trials)).Single();

        Assert.Equal(notes, table.Notes.Count(note =>
            note == "To tell anything apart takes at least 7 shared seeds: with fewer, p over 2 comparisons exceeds 0.05."));
    }

    [Fact]
    public void Below_five_seeds_nothing_is_said()
    {
        var sweep = new ExampleSweep { Claims = [Better] }
            .Entry("lora").Completed([0.1, 0.2, 0.3, 0.4])
            .Entry("conv").Completed([0.5, 0.6, 0.7, 0.8]);

        var test = Assert.Single(Of(sweep));

        Assert.Equal((ClaimVerdict.TooFewSeeds, null), (test.Verdict, test.HolmP));
        Assert.Equal(0.4, test.Difference!.Mean, 1e-12);
    }

    [Fact]
    public void Only_seeds_that_all_entries_have_count()
    {
        var sweep = new ExampleSweep { Claims = [Better] }
            .Entry("lora").Completed(EightSeeds)
            .Entry("conv").Completed([.. EightSeeds.Take(6).Select(value => value + 0.01)]);

        Assert.Equal(6, Assert.Single(Of(sweep)).Difference!.Count);
    }

    [Fact]
    public void The_report_says_what_was_claimed_and_what_came_of_it()
    {
        var sweep = Shifted(seed => 0.01 + 0.001 * seed,
            [new Claim { Text = "Conv-LoRA outlines better", Source = "arXiv:2401.17868", Better = ["conv"], Than = ["lora"] }]);

        var table = ClaimTables.Of(MethodComparison.Of(sweep.Spec, sweep.Trials)).Single();

        Assert.Equal(
            ["Conv-LoRA outlines better", "arXiv:2401.17868", "dice", "conv 0.888", "lora 0.874", "+0.0135 [+0.0119, +0.0150]",
                "0.0078", "8", "holds"],
            table.Rows.Single().Select(cell => cell.Text));
    }

    private static ExampleSweep Shifted(Func<int, double> difference, EquatableArray<Claim> claims = default) =>
        new ExampleSweep { Claims = claims }
            .Entry("lora").Completed(EightSeeds)
            .Entry("conv").Completed([.. EightSeeds.Select((value, seed) => value + difference(seed))]);

    private static ClaimTest Test(ExampleSweep sweep, Claim claim) =>
        Assert.Single(MethodComparison.Of(sweep.Spec with { Compare = new ComparisonSpec { Claims = [claim] } }, sweep.Trials).Claims);

    private static ImmutableArray<ClaimTest> Of(ExampleSweep sweep) => MethodComparison.Of(sweep.Spec, sweep.Trials).Claims;
}

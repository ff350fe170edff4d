using Experiments.Comparison;
using Experiments.Reports;
using Experiments.Sweeps;
using Experiments.Tests.Comparison;
using Xunit;

namespace Experiments.Tests.Reports;

public sealed class FindingsPageTests
{
    private static readonly Claim[] Claims =
    [
        new() { Text = "more", Better = ["conv"], Than = ["lora"] },
        new() { Text = "less", Better = ["lora"], Than = ["conv"] },
        new() { Text = "odd", Better = ["odd"], Than = ["lora"] },
    ];

    [Fact]
    public void Counts_the_verdicts_of_each_sweep()
    {
        var page = Page([]);

        Assert.Contains("| sweep | claims | hold | contradicted | not visible |\n", page, StringComparison.Ordinal);
        Assert.Contains("| example | 3 | 1 | 1 | 1 |\n", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Lets_each_sweep_say_what_it_is_about_before_its_claims()
    {
        var page = Page(["Outlines of *blobs*,", "drawn."]);

        Assert.Contains("## example\n\nOutlines of \\*blobs\\*,\ndrawn.\n\n- claims of example", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Has_no_column_for_sources_where_none_is_named() =>
        Assert.DoesNotContain("source", Page([]), StringComparison.Ordinal);

    [Theory]
    [InlineData(0, false)]
    [InlineData(0.01, true)]
    public void Says_what_is_held_against_a_margin_where_there_is_one(double margin, bool said) =>
        Assert.Equal(said, Page([], margin).Contains("With a margin, interval and p", StringComparison.Ordinal));

    private static string Page(IReadOnlyList<string> about, double margin = 0)
    {
        double[] lora = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];
        var sweep = new ExampleSweep { Claims = [.. Claims.Select(claim => claim with { Margin = margin })] }
            .Entry("lora").Completed(lora)
            .Entry("conv").Completed([.. lora.Select(value => value + 0.1)])
            .Entry("odd").Completed([.. lora.Select((value, seed) => seed % 2 == 0 ? value + 0.1 : value - 0.1)]);
        return FindingsPage.Of(new Reproduction { Sweeps = [MethodComparison.Of(sweep.Spec, sweep.Trials)] }, [about]);
    }
}

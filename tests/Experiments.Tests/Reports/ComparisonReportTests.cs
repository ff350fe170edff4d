using System.Text.Json;
using Experiments.Comparison;
using Experiments.Reports;
using Experiments.Sweeps;
using Experiments.Tests.Comparison;
using Xunit;

namespace Experiments.Tests.Reports;

public sealed class ComparisonReportTests
{
    [Theory]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(100)]
    [InlineData(140)]
    public void The_comparison_fits_its_width(int width)
    {
        var lines = Draw(ReportSweep.Mixed(), width);

        Assert.All(lines, line => Assert.True(line.Length <= width, line));
        Assert.All(lines, line => Assert.Equal(line.TrimEnd(), line));
        Snapshot.Matches(string.Join('\n', lines) + "\n", $"comparison-{width}");
    }

    [Theory]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(140)]
    public void The_trade_off_fits_its_width(int width)
    {
        var lines = Draw(ReportSweep.WithObjectives(), width);

        Assert.All(lines, line => Assert.True(line.Length <= width, line));
        Snapshot.Matches(string.Join('\n', lines) + "\n", $"trade-off-{width}");
    }

    [Fact]
    public void Markdown_and_json_show_the_trade_off_too()
    {
        var comparison = ReportSweep.Compared(ReportSweep.WithObjectives());

        Snapshot.Matches(Markdown.Of(ComparisonTables.Of(comparison)), "trade-off.md");
        using var json = JsonDocument.Parse(ReportJson.Of(comparison));
        var tradeOff = json.RootElement.GetProperty("blocks")[0].GetProperty("trade_off");
        Assert.Equal(comparison.Blocks[0].TradeOff!.Hypervolume, tradeOff.GetProperty("hypervolume").GetDouble());
        Assert.Equal("trainable_parameters", tradeOff.GetProperty("objectives")[1].GetProperty("name").GetString());
    }

    [Fact]
    public void An_equal_budget_is_said_above_the_table()
    {
        var sweep = ReportSweep.Mixed();

        var lines = TextTable.Lines(ComparisonTables.Of(MethodComparison.Of(sweep.Spec, sweep.Trials, BudgetKind.Time)), 140);

        Snapshot.Matches(string.Join('\n', lines) + "\n", "comparison-equal-time");
    }

    [Fact]
    public void That_unlike_devices_were_counted_alike_is_said()
    {
        var sweep = new ExampleSweep { Objectives = [new("seconds", Maximize: false)] }
            .Entry("lora").Completed([0.8], device: "cuda:0").Entry("full").Completed([0.7], device: "cpu:0");

        Assert.Contains("Time and memory on unlike devices (cpu, cuda) were counted alike.", Draw(sweep, 100));
    }

    [Fact]
    public void With_three_seeds_it_shows_intervals_and_no_p_value()
    {
        var lines = Draw(ReportSweep.ThreeSeeds(), 100);

        Assert.DoesNotContain(lines, line => line.Contains("better than", StringComparison.OrdinalIgnoreCase));
        Snapshot.Matches(string.Join('\n', lines) + "\n", "comparison-three-seeds");
    }

    [Fact]
    public void That_all_of_many_have_too_few_seeds_is_said_without_naming_each()
    {
        var sweep = new ExampleSweep();
        foreach (var method in new[] { "lora", "base", "conv-lora", "full", "longlora", "mole" })
            sweep.Entry(method).Completed([0.5]);

        Assert.Contains("Too few seeds for a p-value against lora: all others (n = 1).", Draw(sweep, 120));
    }

    [Theory]
    [InlineData(8, true)] // 8 · 2/2⁸ = 0.0625
    [InlineData(9, false)] // 8 · 2/2⁹ = 0.03125
    public void That_so_few_seeds_can_tell_nothing_apart_is_said(int seeds, bool isSaid)
    {
        const string Note =
            "To tell anything apart takes at least 9 shared seeds: with fewer, p over 8 comparisons exceeds 0.05.";
        var sweep = new ExampleSweep().Entry("lora").Completed(Values(0));
        for (var other = 1; other <= 8; other++)
            sweep.Entry($"other-{other}").Completed(Values(other % 2 == 0 ? other : 0));

        Assert.Equal(isSaid, Draw(sweep, 120).Contains(Note));

        double[] Values(int shift) => [.. Enumerable.Range(0, seeds).Select(seed => 0.5 + 0.01 * (seed + shift) + 0.001 * seed * shift)];
    }

    [Theory]
    [InlineData(0.1, "+∞")]
    [InlineData(-0.1, "-∞")]
    [InlineData(0, "undefined")]
    public void An_effect_without_variation_is_infinite_or_undefined(double difference, string shown)
    {
        double[] values = [0.51, 0.52, 0.54, 0.58, 0.57, 0.53];
        var sweep = new ExampleSweep()
            .Entry("lora").Completed(values).Entry("mole").Completed([.. values.Select(value => value + difference)]);

        var table = ComparisonTables.Of(ReportSweep.Compared(sweep)).First();

        var effect = table.Columns.ToList().FindIndex(column => column.Heading == "effect");
        Assert.Equal(shown, table.Rows.Single(row => row[0].Text == "mole")[effect].Text);
    }

    [Fact]
    public void A_sweep_without_results_says_so()
    {
        var lines = Draw(new ExampleSweep().Entry("lora").Entry("full"), 100);

        Assert.Contains("No result on the test split yet: lora, full.", lines);
    }

    [Fact]
    public void Markdown_shows_every_column()
    {
        Snapshot.Matches(Markdown.Of(ComparisonTables.Of(ReportSweep.Compared(ReportSweep.Mixed()))), "comparison.md");
    }

    [Fact]
    public void Markdown_is_bold_only_where_the_difference_is_certain()
    {
        var markdown = Markdown.Of(ComparisonTables.Of(ReportSweep.Compared(ReportSweep.Mixed())));

        var bold = markdown.Split('\n').Where(line => line.Contains("**", StringComparison.Ordinal));

        Assert.StartsWith("| conv-lora |", Assert.Single(bold), StringComparison.Ordinal);
    }

    [Fact]
    public void Markdown_keeps_names_from_becoming_markup()
    {
        var table = new ReportTable { Columns = [new("a|b")], Rows = [["*x*\n<script>"]], Notes = ["[link](there)"] };

        var markdown = Markdown.Of([table]);

        Assert.Equal("| a\\|b |\n| --- |\n| \\*x\\* \\<script> |\n\n- [link\\](there)\n", markdown);
    }

    [Fact]
    public void Csv_has_full_precision()
    {
        Snapshot.Matches(ComparisonCsv.Of(ReportSweep.Compared(ReportSweep.Mixed())), "comparison.csv");
    }

    [Theory]
    [InlineData("=1+1", "\"'=1+1\"")]
    [InlineData("+sum", "\"'+sum\"")]
    [InlineData("-cmd", "\"'-cmd\"")]
    [InlineData("@x", "\"'@x\"")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("say \"no\"", "\"say \"\"no\"\"\"")]
    [InlineData("two\nlines", "\"two\nlines\"")]
    [InlineData("plain", "plain")]
    public void Csv_text_cannot_become_a_formula_or_leave_its_cell(string text, string cell)
    {
        Assert.Equal($"x\n{cell}\n", Csv.Of([text], ("x", value => value)));
    }

    [Fact]
    public void Csv_numbers_below_zero_stay_numbers()
    {
        Assert.Equal("x\n-0.5\n", Csv.Of([-0.5], ("x", value => value)));
    }

    [Fact]
    public void Json_is_whole_and_carries_its_schema()
    {
        var json = ReportJson.Of(ReportSweep.Compared(ReportSweep.Mixed()));

        using var document = JsonDocument.Parse(json);
        Assert.Equal("orchestrator/compare/1", document.RootElement.GetProperty("schema").GetString());
        Snapshot.Matches(json, "comparison.json");
    }

    [Fact]
    public void Every_place_shows_the_same_number()
    {
        var comparison = ReportSweep.Compared(ReportSweep.Mixed());
        using var json = JsonDocument.Parse(ReportJson.Of(comparison));
        var row = json.RootElement.GetProperty("blocks")[0].GetProperty("rows")[0];

        var mean = row.GetProperty("test").GetProperty("mean").GetDouble();

        Assert.Contains($",{mean:R},", ComparisonCsv.Of(comparison), StringComparison.Ordinal);
        Assert.Contains(mean.ToString("F3"), Draw(ReportSweep.Mixed(), 100).First(IsConvLora), StringComparison.Ordinal);
        Assert.Contains($"| {mean:F3} |", Markdown.Of(ComparisonTables.Of(comparison)), StringComparison.Ordinal);
    }

    [Fact]
    public void Values_of_a_configuration_are_short()
    {
        var configuration = new Configuration(
        [
            new("learning_rate", new ParameterValue.Real(0.00031622776601683794)),
            new("target", new ParameterValue.List([new ParameterValue.Text("q"), new ParameterValue.Text("v")])),
        ]);

        Assert.Equal("learning_rate 3.16e-4 · target [q, v]", SharedValues.Of([configuration]).Others(configuration));
    }

    [Fact]
    public void What_all_configurations_share_is_said_once()
    {
        var (low, high, untouched) = (Ranked(4), Ranked(16), new Configuration([]));

        var shared = SharedValues.Of([low, high, untouched]);

        Assert.Equal(["The same in all: steps 40."], shared.Notes);
        Assert.Equal(["rank 4", "rank 16", ""], new[] { low, high, untouched }.Select(shared.Others));

        static Configuration Ranked(int rank) =>
            new([new("rank", new ParameterValue.Integer(rank)), new("steps", new ParameterValue.Integer(40))]);
    }

    [Fact]
    public void A_lone_configuration_shows_all_its_values() =>
        Assert.Empty(SharedValues.Of([new Configuration([new("rank", new ParameterValue.Integer(4))])]).Notes);

    private static string[] Draw(ExampleSweep sweep, int width) =>
        [.. TextTable.Lines(ComparisonTables.Of(ReportSweep.Compared(sweep)), width)];

    private static bool IsConvLora(string line) => line.StartsWith("conv-lora", StringComparison.Ordinal);
}

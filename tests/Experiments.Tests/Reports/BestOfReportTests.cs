using System.Text.Json;
using Experiments.Comparison;
using Experiments.Reports;
using Experiments.Tests.Comparison;
using Xunit;

namespace Experiments.Tests.Reports;

public sealed class BestOfReportTests
{
    private static readonly ExampleSweep Sweep = ReportSweep.Tuned();
    private static readonly BestOf Curves = BestOf.Of(Sweep.Spec, Sweep.Trials);

    [Theory]
    [InlineData(40)]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(120)]
    public void The_table_fits_its_width(int width)
    {
        var lines = TextTable.Lines(BestOfTables.Of(Curves), width).ToArray();

        Assert.All(lines, line => Assert.True(line.Length <= width, line));
        Snapshot.Matches(string.Join('\n', lines) + "\n", $"best-of-{width}");
    }

    [Fact]
    public void A_sampler_that_learns_is_said_to_make_the_curves_a_description()
    {
        var tables = BestOfTables.Of(Curves with { IsAdaptive = true });

        Assert.Contains(tables.Single().Notes, note => note.StartsWith("The sampler learns", StringComparison.Ordinal));
        Assert.DoesNotContain(BestOfTables.Of(Curves).Single().Notes, note => note.Contains("sampler", StringComparison.Ordinal));
    }

    [Fact]
    public void Csv_has_a_row_a_point() => Snapshot.Matches(ComparisonCsv.Of(Curves), "best-of.csv");

    [Fact]
    public void Markdown_shows_every_column() => Snapshot.Matches(Markdown.Of(BestOfTables.Of(Curves)), "best-of.md");

    [Fact]
    public void Json_carries_its_schema_and_every_point()
    {
        using var json = JsonDocument.Parse(ReportJson.Of(Curves));

        Assert.Equal("orchestrator/best-of/1", json.RootElement.GetProperty("schema").GetString());
        var lora = json.RootElement.GetProperty("blocks")[0].GetProperty("entries")[0];
        Assert.Equal(12, lora.GetProperty("points").GetArrayLength());
        Assert.Equal(Curves.Blocks[0].Entries[0].Points[3].Expected, lora.GetProperty("points")[3].GetProperty("expected").GetDouble());
    }
}

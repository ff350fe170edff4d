using System.Text.Json;
using Experiments.Comparison;
using Experiments.Reports;
using Xunit;

namespace Experiments.Tests.Reports;

public sealed class ImportanceReportTests
{
    private static readonly ParameterImportance Importance = new()
    {
        Sweep = "example",
        Blocks =
        [
            new ImportanceBlock(0, "lesions", "quickstart", "sam-nano", "dice",
            [
                new EntryImportance("lora", 60, 3,
                [
                    new("learning_rate", 0.612, 0.05, 0.803, 0.06, 1),
                    new("rank", 0.101, 0.032, 0.304, 0.071, 1),
                    new("momentum", 0.004, 0.01, 0.02, 0.014, 0.483),
                ]),
                new EntryImportance("conv-lora", 12, 4, []),
                new EntryImportance("base", 1, 0, []),
                new EntryImportance("ia3", 25, 1, []),
            ]),
        ],
    };

    [Theory]
    [InlineData(40)]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(120)]
    public void The_table_fits_its_width(int width)
    {
        var lines = TextTable.Lines(ImportanceTables.Of(Importance), width).ToArray();

        Assert.All(lines, line => Assert.True(line.Length <= width, line));
        Snapshot.Matches(string.Join('\n', lines) + "\n", $"importance-{width}");
    }

    [Fact]
    public void Csv_has_a_row_a_parameter() => Snapshot.Matches(ComparisonCsv.Of(Importance), "importance.csv");

    [Fact]
    public void Markdown_shows_every_column() => Snapshot.Matches(Markdown.Of(ImportanceTables.Of(Importance)), "importance.md");

    [Fact]
    public void Json_carries_its_schema()
    {
        using var json = JsonDocument.Parse(ReportJson.Of(Importance));

        Assert.Equal("orchestrator/importance/1", json.RootElement.GetProperty("schema").GetString());
        var row = json.RootElement.GetProperty("blocks")[0].GetProperty("entries")[0].GetProperty("parameters")[0];
        Assert.Equal(("learning_rate", 0.803), (row.GetProperty("parameter").GetString(), row.GetProperty("in_all").GetDouble()));
    }
}

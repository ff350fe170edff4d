using System.Text.Json;
using Experiments.Reports;
using Experiments.Sweeps;
using Experiments.Tests.Comparison;
using Experiments.Trials;
using Xunit;

namespace Experiments.Tests.Reports;

public sealed class ResultsTests
{
    private static readonly ExampleSweep Sweep = new ExampleSweep()
        .Prepared("base/sam-nano")
        .Entry("lora").Completed([0.8703, 0.8681], seconds: 545).Completed([0.84, 0.85], index: 1, seconds: 540)
        .Entry("conv-lora").Completed([0.91], index: 1, seconds: 680)
            .Failed(FailureCause.Oom, "Out of memory, = 24.3 GB.", index: 2, seed: 1)
            .Unfinished(TrialState.Running, seed: 2, step: 120);

    [Theory]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(100)]
    [InlineData(140)]
    public void The_table_fits_its_width(int width)
    {
        var lines = TextTable.Lines(ResultsTable.Of(Document()), width).ToArray();

        Assert.All(lines, line => Assert.True(line.Length <= width, line));
        Snapshot.Matches(string.Join('\n', lines) + "\n", $"results-{width}");
    }

    [Fact]
    public void Json_is_whole_and_carries_its_schema()
    {
        var json = ReportJson.Of(Document());

        using var document = JsonDocument.Parse(json);
        Assert.Equal("orchestrator/results/1", document.RootElement.GetProperty("schema").GetString());
        Snapshot.Matches(json, "results.json");
    }

    [Fact]
    public void Csv_has_a_column_for_each_metric_and_parameter()
    {
        Snapshot.Matches(ResultsTable.Csv(Document()), "results.csv");
    }

    [Theory]
    [InlineData("rank>4", "t4 t5 t6 t7")]
    [InlineData("rank>=4", "t2 t3 t4 t5 t6 t7 t8")]
    [InlineData("state=failed", "t7")]
    [InlineData("state != completed", "t7 t8")]
    [InlineData("dice > 0.86 and method == lora", "t2 t3")]
    [InlineData("cause='oom'", "t7")]
    [InlineData("test_dice<0.85", "t4")]
    [InlineData("seed=1 and rank<5", "t3")]
    [InlineData("time>1e9", "")]
    public void Where_keeps_the_rows_that_fulfil_it(string where, string trials)
    {
        Assert.Equal(trials, Trials([where], null, null));
    }

    [Fact]
    public void Trials_that_break_an_outcome_constraint_are_marked_and_can_be_left_out()
    {
        var sweep = new ExampleSweep { OutcomeConstraints = [new("seconds", AtMost: true, 600)] }
            .Entry("lora").Completed([0.87, 0.86], seconds: 545)
            .Entry("conv-lora").Completed([0.91], seconds: 750).Unfinished(TrialState.Waiting, seed: 1);
        var results = ReportSweep.Results(sweep);

        Assert.Equal([true, true, false, null], results.Rows.Select(row => row.Feasible));
        Assert.Equal(0.25, results.Rows[2].Violation);
        Assert.Single(
            TextTable.Lines(ResultsTable.Of(results), 140), line => line.Contains("completed, infeasible", StringComparison.Ordinal));
        Assert.Equal(2, ResultsQuery.Parse(["feasible=true"], null, null).Apply(results).Rows.Length);
    }

    [Fact]
    public void Every_where_must_hold()
    {
        Assert.Equal("t6", Trials(["rank=8", "method=conv-lora"], null, null));
    }

    [Theory]
    [InlineData("-dice", "t6 t2 t3 t5 t4 t7 t8")] // those without a value come last
    [InlineData("dice", "t4 t5 t3 t2 t6 t7 t8")]
    [InlineData("state", "t2 t3 t4 t5 t6 t7 t8")]
    [InlineData("-rank", "t7 t4 t5 t6 t2 t3 t8")] // equal ones keep their order
    public void Sort_orders_by_any_field(string sort, string trials)
    {
        Assert.Equal(trials, Trials([], sort, null));
    }

    [Fact]
    public void Top_keeps_the_first()
    {
        Assert.Equal("t6 t2", Trials([], "-dice", 2));
    }

    [Theory]
    [InlineData("rnak>4", "--where: unknown field 'rnak'. Did you mean 'rank'? Fields here: attempt, cause, ")]
    [InlineData("rank", "--where: 'rank' is not a condition; write NAME OP VALUE with one of <= >= != == < > =, as in rank>4.")]
    [InlineData("rank>", "--where: 'rank>' is not a condition;")]
    [InlineData(">4", "--where: '>4' is not a condition;")]
    [InlineData("rank>many", "--where: 'rank>many' needs a number after >, not 'many'.")]
    public void A_condition_that_cannot_be_read_is_explained(string where, string message)
    {
        var exception = Assert.Throws<SpecException>(() => Trials([where], null, null));

        Assert.StartsWith(message, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_field_to_sort_by_is_explained()
    {
        var exception = Assert.Throws<SpecException>(() => Trials([], "-dcie", null));

        Assert.StartsWith("--sort: unknown field 'dcie'. Did you mean 'dice'?", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Top_of_nothing_is_refused()
    {
        Assert.Throws<SpecException>(() => ResultsQuery.Parse([], null, 0));
    }

    private static ResultsDocument Document() => ReportSweep.Results(Sweep);

    private static string Trials(string[] where, string? sort, int? top) =>
        string.Join(' ', ResultsQuery.Parse(where, sort, top).Apply(Document()).Rows.Select(row => row.Trial));
}

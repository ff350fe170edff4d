using System.Collections.Immutable;
using Experiments.Comparison;
using Experiments.Reports;
using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Tests.Comparison;
using Experiments.Trials;
using Xunit;

namespace Experiments.Tests.Reports;

/// <summary>Reports of programs, which know of no splits unless they report a value of one.</summary>
public sealed class CommandReportTests
{
    private static readonly ExampleSweep _sweep = new ExampleSweep("score", reference: "small")
        .Entry("small").Completed([0.71, 0.72, 0.74]).Completed([0.61, 0.62, 0.60], index: 1)
        .Entry("large").Completed([0.81, 0.80, 0.85])
        .Entry("broken").Failed(FailureCause.Error, "It ended with exit code 3: no such file");

    [Fact]
    public void Values_without_a_split_are_compared_and_it_is_said_that_there_is_none()
    {
        var comparison = MethodComparison.Of(Spec, Trials("score"));
        var tables = ComparisonTables.Of(comparison).Append(ResultsTable.Of(ResultsDocument.Of(Spec, Trials("score"))));

        Assert.False(comparison.Blocks[0].HasTestSplit);
        Snapshot.Matches(string.Join("\n", TextTable.Lines(tables, 100, null)) + "\n", "commands");
    }

    [Fact]
    public void A_program_that_reports_a_test_value_is_compared_by_that()
    {
        var comparison = MethodComparison.Of(Spec, Trials("score", "test_score"));

        var block = comparison.Blocks[0];
        Assert.True(block.HasTestSplit);
        Assert.Equal(0.82 - 0.1, block.Rows[0].Test!.Mean, 6);
        Assert.Equal(0.82, block.Rows[0].Chosen!.Validation.Mean, 6);
        Assert.Null(block.Rows[0].TrainableParameters);
    }

    private static SweepSpec Spec => _sweep.Spec with
    {
        Tasks =
        [
            _sweep.Spec.Tasks[0] with
            {
                Task = CommandSpec.Name, Size = "", Base = "", Command = new CommandSpec { Directory = "/somewhere" },
            },
        ],
    };

    /// <summary>The trials with their values under other names; a test value is a tenth lower.</summary>
    private static TrialRow[] Trials(string metric, string? test = null) =>
    [
        .. _sweep.Trials.Select(trial => trial.Result is not { } result ? trial : trial with
        {
            Result = result with
            {
                Metrics = new Dictionary<string, double>
                {
                    [metric] = result.Metrics["validation_score"],
                    [test ?? "seconds"] = result.Metrics["test_score"] - 0.1,
                }.ToImmutableSortedDictionary(),
            },
        }),
    ];
}

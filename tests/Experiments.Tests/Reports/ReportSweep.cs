using Experiments.Comparison;
using Experiments.Reports;
using Experiments.Tests.Comparison;
using Experiments.Trials;

namespace Experiments.Tests.Reports;

/// <summary>A sweep with all that a report has to say: a claim, none, a base, failures, an entry still waiting.</summary>
internal static class ReportSweep
{
    private static readonly double[] Lora = [0.8703, 0.8681, 0.8812, 0.8754, 0.8790, 0.8722, 0.8664, 0.8843];

    public static ExampleSweep Mixed() => Filled(new ExampleSweep { Searched = ["lora", "conv-lora"] });

    /// <summary>Twelve configurations of one method, nine of another of which one failed, and one that has none yet.</summary>
    public static ExampleSweep Tuned()
    {
        var sweep = new ExampleSweep().Entry("lora");
        for (var index = 0; index < 12; index++)
            sweep.Completed([0.80 + 0.07 * Math.Sin(index), 0.81 + 0.07 * Math.Sin(index)], index: index);
        sweep.Entry("conv-lora");
        for (var index = 0; index < 8; index++)
            sweep.Completed([0.84 + 0.05 * Math.Cos(index), 0.83 + 0.05 * Math.Cos(index)], index: index);
        return sweep.Failed(FailureCause.Oom, "Out of memory.", index: 8).Entry("mole").Unfinished(TrialState.Waiting);
    }

    /// <summary>The same with further objectives, and with a bound on memory that every configuration of full exceeds.</summary>
    public static ExampleSweep WithObjectives() => Filled(new ExampleSweep
    {
        Objectives = [new("trainable_parameters", Maximize: false), new("seconds", Maximize: false)],
        OutcomeConstraints = [new("peak_memory_mb", AtMost: true, 16_000)],
    });

    private static ExampleSweep Filled(ExampleSweep sweep) => sweep
        .Prepared("base/sam-nano")
        .Entry("base").Completed([.. Enumerable.Repeat(0.4125, 8)], trainable: 0, seconds: 3.2, peak: 310_000_000)
        .Entry("lora").Completed(Lora, seconds: 545, trainable: 786_432, peak: 7_700_000_000)
            .Completed([.. Lora.Select(value => value - 0.03)], index: 1, seconds: 550)
        .Entry("conv-lora").Completed([.. Lora.Select((value, seed) => value + 0.007 + 0.0012 * (seed % 4))],
                seconds: 680, trainable: 1_310_720, peak: 9_800_000_000)
            .Failed(FailureCause.Oom, "Out of memory: 24.3 GB wanted, 22.1 GB free.", index: 2)
            .Failed(FailureCause.Nan, "The loss is not finite at step 41.", index: 2, seed: 1)
        .Entry("full").Completed([.. Lora.Select((value, seed) => value + (seed % 2 == 0 ? 0.004 : -0.007))],
                seconds: 1068, trainable: 93_700_000, peak: 21_400_000_000)
        .Entry("late").Completed([0.88, 0.89, 0.87], seconds: 600, trainable: 900, peak: 8_000_000_000)
        .Entry("mole").Unfinished(TrialState.Running, step: 120).Unfinished(TrialState.Waiting, seed: 1);

    public static ExampleSweep ThreeSeeds() => new ExampleSweep("perplexity", maximize: false)
        .Entry("base").Completed([41.27, 41.27, 41.27], trainable: 0, seconds: 1.5)
        .Entry("lora").Completed([12.31, 12.44, 12.20], seconds: 20, trainable: 4096)
        .Entry("longlora").Completed([9.71, 9.80, 9.55], seconds: 25, trainable: 6144);

    public static SweepComparison Compared(ExampleSweep sweep) => MethodComparison.Of(sweep.Spec, sweep.Trials);

    public static ResultsDocument Results(ExampleSweep sweep) => ResultsDocument.Of(sweep.Spec, sweep.Trials);
}

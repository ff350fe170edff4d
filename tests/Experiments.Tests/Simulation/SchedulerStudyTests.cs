using Bench.Simulation;
using Experiments.Sweeps;
using Xunit;

namespace Experiments.Tests.Simulation;

/// <summary>The schedulers' worth, on a few seeds of what the bench <c>schedulers</c> measures on twenty.</summary>
public sealed class SchedulerStudyTests
{
    [Fact]
    public void Random_numbers_are_those_of_the_definition()
    {
        Assert.Equal(16294208416658607535, KeyedHash.Mix(0));
        Assert.Equal(0.8833108082136426, KeyedHash.Unit(0), 1e-15);
        Assert.Equal(0.814259011529328, KeyedHash.Unit(1, 2, 3), 1e-15);
        Assert.Equal(-0.8618674174724832, KeyedHash.Normal(1, 2, 3), 1e-12);
    }

    [Fact]
    public void Family_A_ends_where_it_should()
    {
        var ends = Enumerable.Range(0, 2001)
            .Select(trial => CurveFamilies.A.CurveOf(CurveFamilies.A.Shared(0, trial))(CurveFamily.Epochs)).Order().ToArray();

        Assert.Equal(0.370, ends[1000], 0.01);
        Assert.InRange(ends[0], 0.235, 0.245);
    }

    [Fact]
    public void Asha_finds_better_trials_than_fifo_where_rungs_foretell_the_end()
    {
        var (fifo, asha) = (Study(CurveFamilies.A, "fifo"), Study(CurveFamilies.A, "asha"));

        Assert.True(Median(asha) < Median(fifo) - 0.005, $"asha {Median(asha):0.0000}, fifo {Median(fifo):0.0000}");
        Assert.All(asha, result => Assert.InRange(result.Started, 33, 700));
    }

    [Fact]
    public void Asha_is_about_as_good_as_fifo_where_they_mislead()
    {
        CurveFamily[] families =
            [CurveFamilies.SlowWinners, CurveFamilies.Divergence, CurveFamilies.LateDrop, CurveFamilies.HiddenWinners];
        foreach (var family in families)
        {
            var (fifo, asha) = (Study(family, "fifo"), Study(family, "asha"));
            Assert.True(Median(asha) < Median(fifo) + 0.004, $"{family.Name}: asha {Median(asha):0.0000}, fifo {Median(fifo):0.0000}");
        }
    }

    [Fact]
    public void Without_probes_asha_is_misled()
    {
        var (fifo, asha) = (Study(CurveFamilies.SlowWinners, "fifo"), Study(CurveFamilies.SlowWinners, "asha", ("probes", 0)));

        Assert.True(Median(asha) > Median(fifo) + 0.1);
    }

    private static CurveResult[] Study(CurveFamily family, string scheduler, params (string Name, int Value)[] options) =>
    [
        .. Enumerable.Range(100, 15).Select(seed => new CurveSweep(
            family,
            new SchedulerSpec
            {
                Type = scheduler,
                Options = new Configuration(options.Select(option =>
                    KeyValuePair.Create(option.Name, (ParameterValue)new ParameterValue.Integer(option.Value)))),
            },
            sampler: null,
            seed).Run()),
    ];

    private static double Median(CurveResult[] results) =>
        results.Select(result => result.Scores[^1]).Order().ElementAt(results.Length / 2);
}

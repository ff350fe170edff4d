using Experiments.Simulation;
using Experiments.Sweeps;
using Experiments.Tests.Trials;
using Experiments.Trials;
using Xunit;
using static Experiments.Tests.Trials.SweepExample;

namespace Experiments.Tests.Simulation;

public sealed class SweepSimulationTests
{
    private const int Steps = 9;

    [Fact]
    public void Counts_who_reached_each_rung_and_who_went_on()
    {
        // Rungs at 1 and 3, the best third goes on, and the earlier drawn is the better: after t2, t5 and t8 one goes on to 3,
        // and of these three t0 to its end. 9 x 1 + 3 x 2 + 1 x 6 steps of a second.
        var simulated = SweepSimulation.Run(
            Asha(9), new PreparationCatalogue(new Dictionary<string, PreparationDescription[]>()), new Rising(), new VirtualCluster());

        Assert.Equal([(1, 9, 3), (3, 3, 1)], simulated.Rungs.Select(rung => (rung.Step, rung.Reached, rung.WentOn)));
        Assert.Equal([(TrialState.Completed, 1), (TrialState.Pruned, 8)], simulated.Trials.Select(pair => (pair.Key, pair.Value)));
        Assert.Equal((21, 21, 81), (simulated.Time.TotalSeconds, simulated.Busy.TotalSeconds, simulated.Full.TotalSeconds));
        Assert.True(simulated.HasEnded);
    }

    [Fact]
    public void Says_what_is_done_by_a_time()
    {
        // By then t0, t1 and t2 have been measured, and t0 is half a step on its way from 1 to 3.
        var simulated = SweepSimulation.Run(
            Asha(9), new PreparationCatalogue(new Dictionary<string, PreparationDescription[]>()), new Rising(), new VirtualCluster(),
            TimeSpan.FromSeconds(3.5));

        Assert.False(simulated.HasEnded);
        Assert.Equal((3.5, 3.5), (simulated.Time.TotalSeconds, simulated.Busy.TotalSeconds));
        Assert.Equal([(1, 3, 0)], simulated.Rungs.Select(rung => (rung.Step, rung.Reached, rung.WentOn)));
        Assert.Equal(
            [(TrialState.Waiting, 6), (TrialState.Running, 1), (TrialState.Resting, 2)],
            simulated.Trials.Select(pair => (pair.Key, pair.Value)));
    }

    [Fact]
    public void Early_values_foretell_final_ones_as_well_as_is_supposed()
    {
        var spec = Sweep([Block("lesions", Endless("lora"))], [0]) with { Trials = 1 };
        var curves = new ExchangeableCurves(spec, new Bench.Simulation.CurveCatalogue(), (_, _) => TimeSpan.FromSeconds(1), 0.7);
        var trials = Enumerable.Range(0, 4_000)
            .Select(index => new TrialWork.Train(0, "lora", index, Configuration.Empty, 0, 0))
            .Select(work => (First: At(work, 1), Ninth: At(work, 9), Last: At(work, 0)))
            .ToList();

        Assert.Equal(0.7, Correlation(trials.Select(trial => (trial.First, trial.Last))), 0.03);
        Assert.Equal(0.85, Correlation(trials.Select(trial => (trial.Ninth, trial.Last))), 0.03); // half the way in logarithm

        // No method is known that trains for 81 steps by default, so the configuration says it.
        double At(TrialWork.Train work, int step)
        {
            var steps = ListedSampler.Value("steps", new ParameterValue.Integer(81));
            return curves.Value(T(work.Index), work with { Configuration = steps }, step == 0 ? 81 : step);
        }
    }

    private static double Correlation(IEnumerable<(double X, double Y)> pairs)
    {
        var all = pairs.ToList();
        var (x, y) = (all.Average(pair => pair.X), all.Average(pair => pair.Y));
        return all.Sum(pair => (pair.X - x) * (pair.Y - y))
            / Math.Sqrt(all.Sum(pair => (pair.X - x) * (pair.X - x)) * all.Sum(pair => (pair.Y - y) * (pair.Y - y)));
    }

    private static SweepSpec Asha(int trials)
    {
        var steps = new Parameter("steps", new Domain.Fixed(new ParameterValue.Integer(Steps)));
        var rate = new Parameter("learning_rate", new Domain.Float(1e-4, 1e-1, Log: true));
        var entry = new MethodEntry { Name = "lora", Method = "lora", Space = new SearchSpace([steps, rate]) };
        return Sweep([Block("lesions", entry)], [0]) with
        {
            Trials = trials,
            Scheduler = new SchedulerSpec
            {
                Type = "asha",
                Options = new Configuration(
                [
                    KeyValuePair.Create("probes", (ParameterValue)new ParameterValue.Integer(0)),
                    KeyValuePair.Create("min_steps", (ParameterValue)new ParameterValue.Integer(1)),
                ]),
            },
        };
    }

    /// <summary>Steps of a second; the earlier a trial was drawn, the more of the metric it has.</summary>
    private sealed class Rising : ITrialModel
    {
        public int Steps(TrialWork work) => SweepSimulationTests.Steps;

        public TimeSpan StepTime(TrialWork work) => TimeSpan.FromSeconds(1);

        public double Value(TrialId trial, TrialWork.Train work, int step) => -trial.Number;
    }
}

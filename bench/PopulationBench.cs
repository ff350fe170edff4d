using Bench.Simulation;
using Experiments.Samplers;
using Experiments.Schedulers;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Bench;

/// <summary>
/// What population based training makes of as many trials as random search has, where the best learning rate falls as a training goes
/// on: a quadratic with noisy gradients (Zhang et al. 2019, arXiv 1907.04164), of which the expected loss is known at each step.
/// </summary>
internal static class PopulationBench
{
    private const int Steps = 400, Interval = 20, Workers = 4, Seeds = 20;

    private static readonly SearchSpace _space = new([new Parameter("learning_rate", new Domain.Float(1e-3, 1, Log: true))]);

    public static Report Run()
    {
        int[] populations = [4, 8, 16, 32];
        return new Report(
            "populations",
            $"expected final loss of the trial that was measured best (2 % noise), {Steps} steps, pbt every {Interval} on {Workers} "
                + $"workers; median (quartiles) of {Seeds} seeds; the best constant rate comes to {BestOf(rate => _ => rate):0.0000}, "
                + $"the best cosine to {BestOf(Cosine):0.0000}",
            ["trials", "constant rate, random", "cosine to 0, random peak", "pbt", "pbt, sync"],
            [.. populations.Select(trials => (IReadOnlyList<object>)
            [
                trials,
                Over(seed => Random(seed, trials, rate => _ => rate)),
                Over(seed => Random(seed, trials, Cosine)),
                Over(seed => Population(seed, trials, sync: false)),
                Over(seed => Population(seed, trials, sync: true)),
            ])],
            UsesTorch: false);
    }

    private static Func<int, double> Cosine(double peak) => step => peak * (1 + Math.Cos(Math.PI * (step - 1) / Steps)) / 2;

    private static double BestOf(Func<double, Func<int, double>> schedule) =>
        Enumerable.Range(0, 301).Min(place => Trained(schedule(Math.Pow(10, -3 + place / 100.0))).Loss);

    private static double Random(int seed, int trials, Func<double, Func<int, double>> schedule) => Enumerable.Range(0, trials)
        .Select(number => (Number: number, Trained(schedule(RateOf(Drawn(seed, number)))).Loss))
        .MinBy(trained => Observed(seed, trained.Number, Steps, trained.Loss)).Loss;

    private static NoisyQuadratic Trained(Func<int, double> schedule)
    {
        var training = new NoisyQuadratic();
        for (var step = 1; step <= Steps; step++)
            training.Step(schedule(step));
        return training;
    }

    /// <summary>Each worker in turn trains its trial for an interval; the free ones take whatever the scheduler says.</summary>
    private static double Population(int seed, int trials, bool sync)
    {
        ITrialScheduler pbt = new PopulationBasedTraining(new() { Interval = Interval, Sync = sync });
        var members = Enumerable.Range(0, trials).Select(number => new Member(Drawn(seed, number))).ToArray();
        var space = new ExploredSpace(_space, new HashSet<string> { "learning_rate" }, (ulong)seed);
        for (var number = 0; number < trials; number++)
            pbt.Add(new ScheduledTrial(new TrialId(number), 0, Steps) { Configuration = members[number].Configuration, Space = space });

        var (begun, training) = (0, new Queue<TrialId>());
        while (true)
        {
            while (training.Count < Workers && Take() is { } next)
                training.Enqueue(next);
            if (!training.TryDequeue(out var trial))
                break;
            Train(trial);
        }

        return members.Select((member, number) => (Number: number, member.Training.Loss))
            .MinBy(trained => Observed(seed, trained.Number, Steps, trained.Loss)).Loss;

        TrialId? Take()
        {
            if (begun < trials)
                return new TrialId(begun++);
            while (pbt.Exploitation(id => members[id.Number].Checkpoint) is { } exploit)
            {
                var donor = members[exploit.Donor.Number];
                members[exploit.Trial.Number].GoOver(donor, exploit.Configuration);
                pbt.Exploited(exploit.Trial, donor.Training.Steps, exploit.Configuration);
            }

            if (pbt.Promotion(last: false) is not { } promoted)
                return null;
            pbt.Promoted(promoted);
            return promoted;
        }

        void Train(TrialId id)
        {
            var member = members[id.Number];
            var end = pbt.RestsAt(id) ?? Steps;
            while (member.Training.Steps < end)
                member.Training.Step(RateOf(member.Configuration));
            pbt.Measured(id, end, Observed(seed, id.Number, end, member.Training.Loss));
            member.Checkpoint = end == Steps ? null : end;
            if (end == Steps)
                pbt.Ended(id, TrialState.Completed);
            else
                pbt.Rested(id, end);
        }
    }

    private static Configuration Drawn(int seed, int number) => new RandomSampler().Suggest(_space, [], number, (ulong)seed)!;

    private static double RateOf(Configuration configuration) => ((ParameterValue.Real)configuration.Values["learning_rate"]).Value;

    private static double Observed(int seed, int trial, int step, double loss) =>
        loss * (1 + 0.02 * KeyedHash.Normal((ulong)seed, (ulong)trial, (ulong)step));

    private static string Over(Func<int, double> run)
    {
        var spread = Spread.Of(Enumerable.Range(0, Seeds).AsParallel().AsOrdered().Select(run));
        return $"{spread.Median:0.0000} ({spread.Lower:0.0000}–{spread.Upper:0.0000})";
    }

    private sealed class Member(Configuration configuration)
    {
        public Configuration Configuration { get; private set; } = configuration;

        public NoisyQuadratic Training { get; private set; } = new();

        public int? Checkpoint { get; set; }

        public void GoOver(Member donor, Configuration configuration) =>
            (Training, Checkpoint, Configuration) = (donor.Training.Copy(), donor.Training.Steps, configuration);
    }
}

using Experiments.Schedulers;
using Experiments.Sweeps;
using Experiments.Trials;
using Xunit;

namespace Experiments.Tests.Schedulers;

/// <summary>Populations whose comparisons were worked out by hand. Lower is better; trials of 40 steps rest at 10, 20 and 30.</summary>
public sealed class PopulationBasedTrainingTests
{
    private const int Steps = 40;

    private static readonly PopulationBasedTraining.Options EveryTen = new() { Interval = 10 };

    private readonly Dictionary<int, int?> _checkpoints = [];

    [Fact]
    public void Of_eight_the_worst_two_go_over_to_the_best_two()
    {
        var pbt = At(10, 3, 1, 4, 1.5, 9, 2.6, 5, 3.5); // best: t1, t3; worst: t4, t6

        var exploits = Exploits(pbt);

        Assert.Equal([4, 6], exploits.Select(exploit => exploit.Trial.Number));
        Assert.All(exploits, exploit => Assert.True(exploit.Donor.Number is 1 or 3));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 1)] // ⌈0.75⌉
    [InlineData(4, 1)]
    [InlineData(5, 2)] // ⌈1.25⌉
    [InlineData(8, 2)]
    [InlineData(9, 3)]
    public void The_worst_quarter_is_rounded_up_but_at_most_half(int population, int replaced)
    {
        var pbt = At(10, [.. Enumerable.Range(0, population).Select(value => (double)value)]);

        Assert.Equal(Enumerable.Range(population - replaced, replaced), Exploits(pbt).Select(exploit => exploit.Trial.Number));
    }

    [Fact]
    public void A_tenth_of_thirty_is_three_whatever_the_rounding()
    {
        var pbt = At(new() { Interval = 10, Quantile = 0.1 }, 10, [.. Enumerable.Range(0, 30).Select(value => (double)value)]);

        Assert.Equal([27, 28, 29], Exploits(pbt).Select(exploit => exploit.Trial.Number));
    }

    [Fact]
    public void Donors_are_drawn_by_seed_trial_and_step_and_each_of_the_best_is_drawn()
    {
        var values = Enumerable.Range(0, 40).Select(value => (double)value).ToArray();

        var exploits = Exploits(At(10, values));

        Assert.Equal(exploits, Exploits(At(10, values)));
        Assert.NotEqual(exploits.Select(each => each.Donor), Exploits(At(20, values)).Select(each => each.Donor));
        Assert.True(exploits.Select(exploit => exploit.Donor).Distinct().Count() > 4);
        Assert.All(exploits, exploit => Assert.InRange(exploit.Donor.Number, 0, 9));
    }

    [Fact]
    public void A_donor_without_a_checkpoint_of_the_step_gives_nothing()
    {
        var pbt = At(10, 1, 2, 3, 4);

        _checkpoints[0] = null;
        Assert.Empty(Exploits(pbt));
        _checkpoints[0] = 9; // from before: its steps to 10 are recorded already
        Assert.Empty(Exploits(pbt));
    }

    [Fact]
    public void A_donor_that_went_on_gives_its_newest_checkpoint_and_the_member_rests_next_after_it()
    {
        var pbt = At(10, 1, 2, 3); // t3 comes late
        GoOn(pbt, T(0));
        pbt.Measured(T(0), 20, 0.9);
        pbt.Rested(T(0), 20);
        _checkpoints[0] = 20;
        Add(pbt, 3);
        Rest(pbt, 3, 10, 4);

        var exploit = Assert.Single(Exploits(pbt));

        Assert.Equal((T(3), T(0)), (exploit.Trial, exploit.Donor));
        Assert.Equal(30, pbt.RestsAt(T(3)));
    }

    [Fact]
    public void Who_has_gone_over_gives_nothing_for_what_it_was_before()
    {
        var pbt = At(10, 1, 2); // t1 goes over to t0
        Assert.Equal((T(1), T(0)), Pair(Assert.Single(Exploits(pbt))));
        GoOn(pbt, T(0));
        for (var late = 2; late < 8; late++)
        {
            Add(pbt, late);
            Rest(pbt, late, 10, 10 + late);
        }

        // Of eight t1 is second now, but what it had then is gone.
        var exploits = Exploits(pbt);

        Assert.Equal([6, 7], exploits.Select(exploit => exploit.Trial.Number));
        Assert.All(exploits, exploit => Assert.Equal(T(0), exploit.Donor));
    }

    [Fact]
    public void What_is_not_finite_or_missing_is_the_worst_and_nobody_goes_over_to_it()
    {
        var pbt = At(10, 5, double.NaN, double.PositiveInfinity, 6, 7, 8, 9);
        Add(pbt, 7);
        pbt.Rested(T(7), 10); // its report lacked the metric
        _checkpoints[7] = 10;

        var exploits = Exploits(pbt);

        Assert.Equal([2, 7], exploits.Select(exploit => exploit.Trial.Number)); // t1 is as bad and has the lower number
        Assert.All(exploits, exploit => Assert.True(exploit.Donor.Number is 0 or 3));
        Assert.Empty(Exploits(At(10, double.NaN, double.NaN, double.NaN, double.NaN)));
    }

    [Fact]
    public void Nobody_goes_over_to_one_that_is_no_better() => Assert.Empty(Exploits(At(10, 1, 1, 1, 1)));

    [Fact]
    public void A_failed_member_is_the_worst_and_gives_nothing()
    {
        var pbt = At(10, 1, 2, 3, 4, 5, 6, 7, 8);
        pbt.Ended(T(0), TrialState.Failed);

        // The worst two: t7, and t0 which failed. The best two: t1 and t2.
        var exploit = Assert.Single(Exploits(pbt));

        Assert.Equal(T(7), exploit.Trial);
        Assert.True(exploit.Donor.Number is 1 or 2);
    }

    [Fact]
    public void A_barrier_waits_for_all_but_those_that_have_ended()
    {
        var pbt = Populated(EveryTen with { Sync = true }, 4);
        Rest(pbt, 0, 10, 1);
        Rest(pbt, 1, 10, 2);
        Rest(pbt, 2, 10, 3);
        Assert.Null(pbt.Promotion(last: false));
        Assert.Empty(Exploits(pbt));

        pbt.Ended(T(3), TrialState.Failed);

        Assert.Equal(T(0), pbt.Promotion(last: false));
        Assert.Empty(Exploits(pbt)); // the worst one of four is the one that failed
    }

    [Fact]
    public void Without_a_barrier_who_comes_late_is_compared_with_all_that_came()
    {
        var pbt = Populated(EveryTen, 4);
        Rest(pbt, 0, 10, 1);
        Rest(pbt, 1, 10, 2);
        Rest(pbt, 2, 10, 3);
        Assert.Equal((T(2), T(0)), Pair(Assert.Single(Exploits(pbt)))); // ⌈0.75⌉ of three
        GoOn(pbt, T(0));
        Rest(pbt, 3, 10, 2.5);

        Assert.Empty(Exploits(pbt)); // third of four
        Assert.Equal(T(1), pbt.Promotion(last: false));
    }

    [Fact]
    public void On_one_device_all_take_their_turn_generation_by_generation()
    {
        var sweep = DrivenSweep.OnOneDevice(() => new PopulationBasedTraining(EveryTen), Steps, 1, 2, 3);

        Assert.Equal(
            "0>10 1>10 2>10 2=0@10 0>20 1>20 2>20 2=0@20 0>30 1>30 2>30 2=0@30 0>40 1>40 2>40", string.Join(' ', sweep.Trace));
        Assert.Equal([0, 1, 2], sweep.Completed);
    }

    [Fact]
    public void Trials_of_other_entries_seeds_or_lengths_are_other_populations()
    {
        var pbt = new PopulationBasedTraining(EveryTen);
        pbt.Add(new ScheduledTrial(T(0), 0, Steps));
        pbt.Add(new ScheduledTrial(T(1), 1, Steps));
        pbt.Add(new ScheduledTrial(T(2), 0, Steps) { Replicate = 1 });
        pbt.Add(new ScheduledTrial(T(3), 0, Steps + 1));
        for (var number = 0; number < 4; number++)
            Rest(pbt, number, 10, number);

        Assert.Empty(Exploits(pbt));
    }

    [Fact]
    public void An_interval_is_a_tenth_of_the_steps_where_none_is_given()
    {
        var pbt = new PopulationBasedTraining(new());
        pbt.Add(new ScheduledTrial(T(0), 0, 105));
        pbt.Add(new ScheduledTrial(T(1), 0, 4));

        Assert.Equal([10, 20, 30, 40, 50, 60, 70, 80, 90, 100], pbt.RungsOf(T(0)));
        Assert.Equal([1, 2, 3], pbt.RungsOf(T(1)));
    }

    [Fact]
    public void Values_come_from_those_that_the_donor_has_by_then()
    {
        var space = new ExploredSpace(new SearchSpace([new Parameter("a", new Domain.Float(0, 1_000))]), new HashSet<string> { "a" }, 3);
        var pbt = new PopulationBasedTraining(EveryTen with { ResampleProbability = 0 });
        for (var number = 0; number < 2; number++)
        {
            pbt.Add(new ScheduledTrial(T(number), 0, Steps) { Configuration = ValueOf(number + 1), Space = space });
            Rest(pbt, number, 10, number);
        }

        var first = Assert.Single(Exploits(pbt)); // t1 goes over to t0
        Assert.Contains(first.Configuration, new[] { ValueOf(0.8), ValueOf(1.2) });
        pbt.Promoted(T(0));
        pbt.Promoted(T(1));
        Rest(pbt, 0, 20, 1);
        Rest(pbt, 1, 20, 0);
        var second = Assert.Single(Exploits(pbt)); // and t0 to t1

        var value = ((ParameterValue.Real)first.Configuration.Values["a"]).Value;
        Assert.Contains(second.Configuration, new[] { ValueOf(value * 0.8), ValueOf(value * 1.2) });

        static Configuration ValueOf(double value) => new([new("a", new ParameterValue.Real(value))]);
    }

    private static TrialId T(int number) => new(number);

    private static (TrialId, TrialId) Pair(Exploit exploit) => (exploit.Trial, exploit.Donor);

    private PopulationBasedTraining At(int step, params double[] values) => At(EveryTen, step, values);

    /// <summary>A population that rests at a step with these values.</summary>
    private PopulationBasedTraining At(PopulationBasedTraining.Options options, int step, params double[] values)
    {
        var pbt = Populated(options, values.Length);
        for (var number = 0; number < values.Length; number++)
            Rest(pbt, number, step, values[number]);
        return pbt;
    }

    private static PopulationBasedTraining Populated(PopulationBasedTraining.Options options, int members)
    {
        var pbt = new PopulationBasedTraining(options);
        for (var number = 0; number < members; number++)
            Add(pbt, number);
        return pbt;
    }

    private static void Add(ITrialScheduler pbt, int number)
    {
        pbt.Add(new ScheduledTrial(T(number), 0, Steps));
        pbt.Started(T(number));
    }

    private void Rest(ITrialScheduler pbt, int number, int step, double value)
    {
        pbt.Measured(T(number), step, double.IsFinite(value) ? value : double.PositiveInfinity);
        pbt.Rested(T(number), step);
        _checkpoints[number] = step;
    }

    /// <summary>All that is taken over before anything is promoted.</summary>
    private List<Exploit> Exploits(ITrialScheduler pbt)
    {
        var exploits = new List<Exploit>();
        while (pbt.Exploitation(trial => _checkpoints.GetValueOrDefault(trial.Number)) is { } exploit)
        {
            exploits.Add(exploit);
            var step = _checkpoints[exploit.Donor.Number]!.Value;
            pbt.Exploited(exploit.Trial, step, exploit.Configuration);
            _checkpoints[exploit.Trial.Number] = step;
        }

        return exploits;
    }

    private static void GoOn(ITrialScheduler pbt, TrialId trial)
    {
        Assert.Equal(trial, pbt.Promotion(last: false));
        pbt.Promoted(trial);
    }
}

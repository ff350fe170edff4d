using CsCheck;
using Experiments.Schedulers;
using Experiments.Sweeps;
using Experiments.Trials;
using Xunit;

namespace Experiments.Tests.Schedulers;

/// <summary>What every registered scheduler keeps to, without being listed here.</summary>
public sealed class SchedulerContractTests
{
    private static readonly int[] _steps = [1, 2, 9, 27, 81, 100];

    public static TheoryData<string> Ids => new(SchedulerCatalogue.All.Select(scheduler => scheduler.Id));

    [Theory]
    [MemberData(nameof(Ids))]
    public void Ends_whatever_is_measured_lost_or_fails_and_decides_the_same_after_a_replay(string id)
    {
        var trial = Gen.Select(Gen.Int[0, 1], Gen.Int[0, _steps.Length - 1].Select(index => _steps[index]));
        Gen.Select(trial.Array[1, 40], Gen.Int[1, 5], Gen.Int[0, 1 << 16].Array[60], Gen.Int[0, 1 << 16]).Sample(
            (trials, devices, happenings, salt) =>
            {
                var (seeds, every) = (1 + salt % 8, salt / 8 % 3 * 5);
                var sweep = new DrivenSweep(() => Create(id), trials, (number, step) => ValueAt(number, step, salt), seeds, every);
                foreach (var what in happenings)
                    sweep.Happen(what, devices);
                sweep.CheckReplay();
                sweep.Run(devices);
                sweep.CheckReplay();
            },
            iter: 60);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void Brings_a_trial_to_its_end_however_few_there_are(string id)
    {
        for (var count = 1; count <= 4; count++)
        {
            var sweep = DrivenSweep.OnOneDevice(() => Create(id), 81, [.. Enumerable.Range(0, count).Select(n => (double)n)]);
            Assert.NotEmpty(sweep.Completed);
        }
    }

    [Theory]
    [InlineData("asha")]
    [InlineData("hyperband")]
    public void A_trial_that_rests_without_a_value_is_the_worst(string id)
    {
        var scheduler = SchedulerCatalogue.Create(new SchedulerSpec
        {
            Type = id,
            Options = id == "asha" ? new Configuration([new("probes", new ParameterValue.Integer(0))]) : Configuration.Empty,
        });
        for (var number = 0; number < 3; number++)
        {
            scheduler.Add(new ScheduledTrial(new TrialId(number), 0, 81));
            scheduler.Started(new TrialId(number));
            if (number > 0)
                scheduler.Measured(new TrialId(number), 1, 0.5);
            scheduler.Rested(new TrialId(number), 1);
        }

        Assert.Equal(new TrialId(1), scheduler.Promotion(last: true));
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void Is_described(string id)
    {
        var description = SchedulerCatalogue.All.Single(scheduler => scheduler.Id == id);

        Assert.NotEmpty(description.Summary);
        Assert.All(description.Options, option => Assert.NotEmpty(option.Summary));
    }

    private static ITrialScheduler Create(string id) => SchedulerCatalogue.Create(new SchedulerSpec { Type = id });

    /// <summary>Mostly in order of number, at times not finite, equal, or a failure.</summary>
    private static double? ValueAt(int number, int step, int salt) => ((number * 31 + step) * 17 + salt) % 23 switch
    {
        0 => null,
        1 => double.NaN,
        2 => double.PositiveInfinity,
        3 or 4 => 0.5,
        var shift => number + shift,
    };
}

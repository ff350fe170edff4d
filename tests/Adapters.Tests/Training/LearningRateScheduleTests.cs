using Adapters.Training;
using Xunit;

namespace Adapters.Tests.Training;

public sealed class LearningRateScheduleTests
{
    private static readonly TrainingOptions Options = new() { Steps = 10, LearningRate = 8, Warmup = 0.4, FinalRate = 0.25 };

    [Theory]
    [InlineData("constant", new[] { 2.0, 4, 6, 8, 8, 8, 8, 8, 8, 8 })]
    [InlineData("linear", new[] { 2.0, 4, 6, 8, 7.142857, 6.285714, 5.428571, 4.571429, 3.714286, 2.857143 })]
    [InlineData("cosine", new[] { 2.0, 4, 6, 8, 7.702907, 6.870469, 5.667563, 4.332437, 3.129531, 2.297093 })]
    public void Rises_in_a_line_and_falls_as_told(string schedule, double[] expected)
    {
        var rates = new LearningRateSchedule(Options with { Schedule = schedule });

        Assert.Equal(expected, Enumerable.Range(1, 10).Select(step => Math.Round(rates.At(step), 6)));
    }

    [Fact]
    public void Without_a_warm_up_the_first_step_has_the_peak_rate()
    {
        var rates = new LearningRateSchedule(Options with { Warmup = 0 });

        Assert.Equal(8, rates.At(1));
    }

    [Fact]
    public void A_warm_up_over_all_steps_ends_at_the_peak()
    {
        var rates = new LearningRateSchedule(Options with { Warmup = 1 });

        Assert.Equal(8, rates.At(10));
        Assert.Equal(0.8, rates.At(1), 1e-12);
    }

    [Fact]
    public void A_single_step_has_the_peak_rate()
    {
        var rates = new LearningRateSchedule(Options with { Steps = 1 });

        Assert.Equal(8, rates.At(1));
    }

    [Fact]
    public void No_step_is_spent_on_a_rate_of_zero()
    {
        var rates = new LearningRateSchedule(Options with { FinalRate = 0, Steps = 100 });

        Assert.All(Enumerable.Range(1, 100), step => Assert.True(rates.At(step) > 0));
    }
}

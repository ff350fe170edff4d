using CsCheck;
using Experiments.Trials;
using Xunit;

namespace Experiments.Tests.Trials;

public sealed class ReadyTrialsTests
{
    [Fact]
    public void Holds_what_a_sorted_set_holds_in_its_order()
    {
        Gen.Select(Gen.Int[0, 99], Gen.Bool).Array[0, 400].Sample(moves =>
        {
            var ready = new ReadyTrials();
            var expected = new SortedSet<TrialId>();
            foreach (var (number, add) in moves)
            {
                var trial = new TrialId(number);
                if (add)
                {
                    ready.Add(trial);
                    expected.Add(trial);
                }
                else
                {
                    ready.Remove(trial);
                    expected.Remove(trial);
                }
            }

            Assert.Equal(expected, ready);
            Assert.Equal(expected, Enumerable.Range(0, ready.Count).Select(index => ready[index]));
        });
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public void Has_nothing_outside_its_bounds(int index)
    {
        var ready = new ReadyTrials();
        ready.Add(new TrialId(5));

        Assert.Throws<ArgumentOutOfRangeException>(() => ready[index]);
    }
}

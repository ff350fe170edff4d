using Experiments.Schedulers;
using Experiments.Sweeps;
using Experiments.Trials;
using Xunit;

namespace Experiments.Tests.Schedulers;

public sealed class FifoSchedulerTests
{
    private static readonly ITrialScheduler _fifo = SchedulerCatalogue.Create(new SchedulerSpec());

    [Fact]
    public void The_lowest_number_goes_next()
    {
        Assert.Equal(new TrialId(2), _fifo.Next([new TrialId(2), new TrialId(5), new TrialId(9)]));
    }

    [Fact]
    public void Nothing_goes_where_nothing_is_ready()
    {
        Assert.Null(_fifo.Next([]));
    }
}

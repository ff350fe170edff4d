using Xunit;

namespace EndToEnd.Tests;

/// <summary>Trials that rest and are promoted, on one slot, where the order of events does not depend on the machine.</summary>
public sealed class AshaKillStormTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_sweep_with_rungs_that_is_killed_again_and_again_promotes_and_prunes_as_the_undisturbed_one()
    {
        using var storm = new KillStorm("storm-asha", longest: TimeSpan.FromSeconds(3.5), seed: 20260102, output);
        await storm.BlowAsync(kills: 20);
    }
}

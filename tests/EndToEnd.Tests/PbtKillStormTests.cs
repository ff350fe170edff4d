using Xunit;

namespace EndToEnd.Tests;

/// <summary>Populations on two slots. With a barrier at each comparison who goes on from whom does not depend on who came first.</summary>
public sealed class PbtKillStormTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_population_that_is_killed_again_and_again_goes_over_and_ends_as_the_undisturbed_one()
    {
        using var storm = new KillStorm("storm-pbt", longest: TimeSpan.FromSeconds(4), seed: 20260103, output);
        await storm.BlowAsync(kills: 20);
    }
}

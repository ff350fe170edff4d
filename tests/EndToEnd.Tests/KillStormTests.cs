using Xunit;

namespace EndToEnd.Tests;

/// <summary>Trials that run to their end: preparations, experts and the mixture that waits for them, on two slots.</summary>
public sealed class KillStormTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_sweep_that_is_killed_again_and_again_ends_as_the_undisturbed_one()
    {
        using var storm = new KillStorm("storm", longest: TimeSpan.FromSeconds(9), seed: 20260101, output);
        await storm.BlowAsync(kills: 20);
    }
}

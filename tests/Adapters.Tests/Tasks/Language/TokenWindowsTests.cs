using Adapters.Methods;
using Adapters.Tasks.Data;
using Adapters.Tasks.Language;
using Xunit;

namespace Adapters.Tests.Tasks.Language;

public sealed class TokenWindowsTests
{
    private static readonly int[][] Documents = [[0, 1, 2, 3, 4], [10, 11], [20, 21, 22], [30, 31, 32, 33]];

    [Fact]
    public void Every_place_in_every_document_is_drawn_alike_and_none_crosses_a_border()
    {
        var windows = new TokenWindows(Documents, length: 3);
        var random = new SplitMix64(1);
        var counts = new Dictionary<string, int>();
        for (var i = 0; i < 6000; i++)
        {
            var window = string.Join(' ', windows.Draw(ref random).ToArray());
            counts[window] = counts.GetValueOrDefault(window) + 1;
        }

        Assert.Equal(["0 1 2", "1 2 3", "2 3 4", "20 21 22", "30 31 32", "31 32 33"], counts.Keys.Order(StringComparer.Ordinal));
        Assert.All(counts.Values, count => Assert.InRange(count, 900, 1100));
    }

    [Fact]
    public void Windows_in_order_do_not_overlap_and_are_spread_over_the_documents()
    {
        var windows = new TokenWindows(Documents, length: 2);

        Assert.Equal([[0, 1], [2, 3], [10, 11], [20, 21], [30, 31], [32, 33]], windows.Spread(100));
        Assert.Equal([[0, 1], [10, 11], [30, 31]], windows.Spread(3));
    }

    [Fact]
    public void Refuses_documents_that_are_all_too_short()
    {
        var fault = Assert.Throws<AdapterException>(() => new TokenWindows(Documents, length: 6));

        Assert.Contains("No document of the corpus has 6 tokens", fault.Message);
    }
}

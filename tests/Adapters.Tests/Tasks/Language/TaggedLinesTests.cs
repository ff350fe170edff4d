using Adapters.Tasks;
using Adapters.Tasks.Data;
using Adapters.Tasks.Language;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Tasks.Language;

public sealed class TaggedLinesTests(SmokeCorpus corpus)
{
    [Fact]
    public void A_line_is_answered_alike_alone_and_beside_longer_ones()
    {
        using var scope = NewDisposeScope();
        using var lines = new TaggedLines(new TokenizedCorpus(corpus.Corpus, corpus.Corpus), length: 40);
        using var model = SmokeCorpus.Base("nano");
        lines.Fit(model);

        var together = lines.Logits(model, Split.Train, [0, 1, 2, 3, 4, 5, 6]);
        var alone = cat([.. Enumerable.Range(0, 7).Select(item => lines.Logits(model, Split.Train, [item]))]);

        Assert.Equal([7, 5], together.shape);
        Assert.True(together.allclose(alone, rtol: 1e-4, atol: 1e-6));
    }

    [Fact]
    public void Every_class_has_as_many_items()
    {
        using var lines = new TaggedLines(new TokenizedCorpus(corpus.Corpus, corpus.Corpus), length: 40);

        Assert.All(Enum.GetValues<Split>(), split => Assert.Equal(0, lines.Count(split) % lines.Classes));
        Assert.True(lines.Count(Split.Train) > 200);
    }
}

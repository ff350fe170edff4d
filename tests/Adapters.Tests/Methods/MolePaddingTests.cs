using Adapters.Methods;
using Adapters.Models.Causal;
using Adapters.Tasks;
using Adapters.Tasks.Data;
using Adapters.Tasks.Language;
using Adapters.Tests.Tasks;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods;

/// <summary>A gate pools real tokens only: beside a longer text, a text is mixed as it is alone.</summary>
public sealed class MolePaddingTests(SmokeCorpus corpus) : TorchTest
{
    public static TheoryData<string, bool> PoolingsAndSides => new()
    {
        { "causal-mean", true }, { "causal-mean", false }, { "mean", true }, { "mean", false },
    };

    [Theory, MemberData(nameof(PoolingsAndSides))]
    public void Padding_does_not_change_a_text_s_logits(string pooling, bool left)
    {
        using var model = (CausalModel)TinyBase.Llama.Load();
        using var mixture = Mixture(model, pooling);
        model.eval();
        var (tokens, mask) = Padded(left);

        var alone = model.Logits(Short);
        var padded = model.Logits(tokens, mask);

        TensorAssert.Close(alone, padded.narrow(0, 1, 1).narrow(1, left ? 4 : 0, 8));
        TensorAssert.Close(model.Logits(Long), padded.narrow(0, 0, 1));
    }

    [Theory, MemberData(nameof(PoolingsAndSides))]
    public void Padding_is_no_use_of_an_expert(string pooling, bool left)
    {
        using var model = (CausalModel)TinyBase.Llama.Load();
        using var mixture = Mixture(model, pooling);
        model.train();
        model.Logits(Short);
        var alone = mixture.AuxiliaryLoss!();

        var (tokens, mask) = Padded(left);
        model.Logits(tokens.narrow(0, 1, 1), mask.narrow(0, 1, 1));
        var padded = mixture.AuxiliaryLoss!();

        TensorAssert.Close(alone, padded);
    }

    [Fact]
    public void A_row_of_nothing_but_padding_changes_no_other_row_and_no_balance()
    {
        using var model = (CausalModel)TinyBase.Llama.Load();
        using var mixture = Mixture(model, "mean");
        model.train();
        var expected = (Logits: model.Logits(Long), Balance: mixture.AuxiliaryLoss!());

        var logits = model.Logits(cat([Long, zeros_like(Long)]), cat([ones_like(Long), zeros_like(Long)]));
        var balance = mixture.AuxiliaryLoss!();
        (logits.narrow(0, 0, 1).square().mean() + balance).backward();

        TensorAssert.Close(expected.Logits, logits.narrow(0, 0, 1));
        TensorAssert.Close(expected.Balance, balance);
        Assert.True(logits.isfinite().all().item<bool>());
        Assert.All(mixture.Trainable, pair => Assert.True(pair.Parameter.grad!.isfinite().all().item<bool>()));
    }

    [Theory]
    [InlineData("causal-mean")]
    [InlineData("mean")]
    public void A_row_padded_on_the_left_generates_what_it_generates_alone(string pooling)
    {
        using var model = (CausalModel)TinyBase.Llama.Load();
        using var mixture = Mixture(model, pooling);
        model.eval();
        var (tokens, mask) = Padded(left: true);

        var together = model.Generate(tokens, 6, mask: mask);

        Assert.Equal(model.Generate(Long, 6)[0].data<long>(), together[0].data<long>());
        Assert.Equal(model.Generate(Short, 6)[0].data<long>(), together[1].narrow(0, 4, 14).data<long>());
    }

    [Fact]
    public void A_line_to_classify_is_answered_alike_alone_and_beside_longer_ones()
    {
        using var lines = new TaggedLines(new TokenizedCorpus(corpus.Corpus, corpus.Corpus), length: 40);
        using var model = SmokeCorpus.Base("nano");
        lines.Fit(model);
        string[] experts = [.. Enumerable.Range(0, 2).Select(seed => TinyBase.Expert(model, Folder.File($"expert-{seed}"), (ulong)seed))];
        using var mixture = TinyBase.Attach("mole", model, """{"pooling": "mean"}""", new AttachContext { Experts = experts });
        TinyBase.Perturb(mixture);
        model.eval();

        var together = lines.Logits(model, Split.Train, [0, 1, 2, 3, 4]);
        var alone = cat([.. Enumerable.Range(0, 5).Select(item => lines.Logits(model, Split.Train, [item]))]);

        TensorAssert.Close(alone, together);
    }

    private static Tensor Long => arange(1, 13).unsqueeze(0);

    private static Tensor Short => arange(30, 38).unsqueeze(0);

    /// <summary>The long text, and the short one filled up by tokens that would show if they counted.</summary>
    private static (Tensor Tokens, Tensor Mask) Padded(bool left)
    {
        var (filler, gap) = (arange(90, 94).unsqueeze(0), zeros(1, 4, dtype: int64));
        var real = ones(1, 8, dtype: int64);
        return left
            ? (cat([Long, cat([filler, Short], 1)]), cat([ones_like(Long), cat([gap, real], 1)]))
            : (cat([Long, cat([Short, filler], 1)]), cat([ones_like(Long), cat([real, gap], 1)]));
    }

    private Adapter Mixture(CausalModel model, string pooling)
    {
        var experts = TinyBase.Experts(TinyBase.Llama, Folder);
        var mixture = TinyBase.Attach("mole", model, $$"""{"pooling": "{{pooling}}"}""", new AttachContext { Experts = experts });
        TinyBase.Perturb(mixture);
        return mixture;
    }
}

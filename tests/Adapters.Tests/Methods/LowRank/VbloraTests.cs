using Adapters.Mechanisms;
using Adapters.Methods;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.LowRank;

public sealed class VbloraTests : TorchTest
{
    [Theory]
    [InlineData(1, 3, 4)] // the vector of the largest logit alone
    [InlineData(2, 2.5, 3)] // that of logit ln 3 by 3/4, that of 0 by 1/4; the third is left out
    public void A_piece_is_mixed_of_its_largest_logits_only(int topk, float first, float second)
    {
        using var model = new OneLayer(zeros(2, 4));
        using var adapter = TinyBase.Attach("vblora", model,
            $$"""{"rank": 1, "num_vectors": 3, "vector_length": 2, "topk": {{topk}}}""");
        var ln3 = MathF.Log(3);
        OneLayer.Set(adapter, "vblora_vector_bank", 3, 4, 1, 0, 100, 100);
        OneLayer.Set(adapter, "vblora_logits_A", ln3, 0, -1, 0, ln3, -1); // two pieces of two inputs
        OneLayer.Set(adapter, "vblora_logits_B", ln3, 0, -1);

        var delta = ((LowRankAdapter)adapter.Sites["lin"]).Delta();

        var other = topk == 1 ? (1f, 0f) : (1.5f, 1f); // the second piece: 3/4 of (1, 0) and 1/4 of (3, 4)
        TensorAssert.Close(
            OneLayer.Matrix(2, first, second).matmul(OneLayer.Matrix(1, first, second, other.Item1, other.Item2)), delta, 1e-6);
    }

    [Fact]
    public void One_bank_serves_all_layers_and_its_vectors_are_as_long_as_fits_all()
    {
        using var model = TinyBase.TiedLlama.Load(); // q maps 32 to 32 features, v 32 to 16

        using var adapter = TinyBase.Attach("vblora", model, """{"num_vectors": 8}""");

        var bank = Assert.Single(adapter.Trainable, pair => pair.Name == "base_model.vblora_vector_bank").Parameter;
        Assert.Equal([8, 16], bank.shape);
        Assert.Equal(16, (int)adapter.Config["vector_length"]!);
    }

    [Theory]
    [InlineData("""{"vector_length": 6}""", "Option 'vector_length' of method 'vblora' is 6, which does not divide a layer's 32 features; "
        + "16 divides those of all.")]
    [InlineData("""{"topk": 9, "num_vectors": 8}""",
        "Option 'topk' of method 'vblora' is 9, but must be at most the number of vectors, 8.")]
    public void What_does_not_fit_is_refused(string options, string message)
    {
        using var model = TinyBase.TiedLlama.Load();

        Assert.Equal(message, Assert.Throws<AdapterException>(() => TinyBase.Attach("vblora", model, options)).Message);
    }
}

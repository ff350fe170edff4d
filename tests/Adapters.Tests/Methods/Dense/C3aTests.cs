using Adapters.Mechanisms;
using Adapters.Methods;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.Dense;

public sealed class C3aTests : TorchTest
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    [InlineData(16)]
    public void Each_row_of_a_block_is_the_one_above_it_turned_to_the_right(int size)
    {
        using var model = TinyBase.TiedLlama.Load(); // v maps 32 to 16 features
        using var adapter = TinyBase.Attach("c3a", model, $$"""{"block_size": {{size}}}""");
        var site = (DenseDelta)adapter.Sites["model.layers.0.self_attn.v_proj"];
        var kernel = Parts.Of(site)["c3a_kernel"].data<float>().ToArray();
        var expected = new float[16 * 32];
        for (var row = 0; row < 16; row++)
            for (var column = 0; column < 32; column++)
                expected[row * 32 + column] =
                    kernel[(row / size * (32 / size) + column / size) * size + (column % size - row % size + size) % size] / 32;

        TensorAssert.Close(tensor(expected, [16, 32]), site.Delta(), 1e-7);
    }

    [Theory]
    [InlineData("{}", 16)]
    [InlineData("""{"target_modules": ["q_proj"]}""", 32)]
    [InlineData("""{"block_size": 4}""", 4)]
    public void The_block_size_is_as_told_or_the_largest_that_divides_all_layers(string options, int size)
    {
        using var model = TinyBase.TiedLlama.Load();

        using var adapter = TinyBase.Attach("c3a", model, options);

        Assert.Equal(size, adapter.Config["block_size"]!.GetValue<int>());
        Assert.All(adapter.Sites.Values, site => Assert.Equal(size, Parts.Of(site)["c3a_kernel"].shape[2]));
    }

    [Fact]
    public void A_block_size_that_does_not_divide_is_refused_with_one_that_does()
    {
        using var model = TinyBase.TiedLlama.Load();

        var refused = Assert.Throws<AdapterException>(() => TinyBase.Attach("c3a", model, """{"block_size": 12}"""));

        Assert.Equal("Option 'block_size' of method 'c3a' is 12, but model.layers.0.self_attn.q_proj maps 32 to 32 features; it must "
            + "divide both, as 8 does.", refused.Message);
    }

    [Theory]
    [InlineData("xavier_uniform", 0.3062)] // √(6/64)
    [InlineData("kaiming_uniform", 0.1768)] // 1/√32
    [InlineData("zero", 0)]
    public void Kernels_start_within_the_bound_of_their_initialisation(string init, double bound)
    {
        using var model = TinyBase.Llama.Load();
        using var adapter = TinyBase.Attach("c3a", model, $$"""{"block_size": 1, "init": "{{init}}"}""");

        var largest = Parts.Of(adapter.Sites["model.layers.0.self_attn.q_proj"])["c3a_kernel"].abs().max().item<float>();

        Assert.InRange(largest, bound * 0.98, bound * 1.001);
    }
}

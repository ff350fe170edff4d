using Adapters.Mechanisms;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.Dense;

public sealed class SvDiffTests : TorchTest
{
    [Theory]
    [InlineData(0.5, 2, 1.0)] // every singular value grows by scale times shift
    [InlineData(-1e3, 1, 0)] // and none falls below zero: the weight is gone
    public void Shifts_move_the_singular_values(double shift, double scale, double moved)
    {
        using var model = TinyBase.TiedLlama.Load();
        using var adapter = TinyBase.Attach("svdiff", model, $$"""{"scale": {{scale}}}""");
        var site = (ParallelAdapter)adapter.Sites["model.layers.0.self_attn.v_proj"]; // 32 to 16 features
        using var frozen = no_grad();
        Parts.Of(site)["svdiff_shift"].fill_((float)shift);
        var before = linalg.svdvals(site.Site.Weight.to(float64));

        var after = linalg.svdvals((site.Site.Weight + site.Delta()).to(float64));

        Assert.Equal(new long[] { 16 }, Parts.Of(site)["svdiff_shift"].shape);
        TensorAssert.Close(shift > 0 ? before + moved : zeros_like(before), after, 1e-5);
    }

    [Fact]
    public void A_convolution_is_its_matrix()
    {
        using var model = TinyBase.Sam.Load();
        using var adapter = TinyBase.Attach("svdiff", model, """{"target_modules": ["neck.conv2"]}""");
        TinyBase.Perturb(adapter);
        var before = TinyBase.Evaluate(model);

        adapter.Merge();

        TensorAssert.Close(before, TinyBase.Evaluate(model));
    }
}

using Adapters.Mechanisms;
using Adapters.Methods;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.Dense;

public sealed class FourierFtTests : TorchTest
{
    [Fact]
    public void The_update_is_a_sum_of_plane_waves_at_the_places_that_the_seed_draws()
    {
        using var model = TinyBase.TiedLlama.Load(); // v maps 32 to 16 features
        using var adapter = TinyBase.Attach("fourierft", model, """{"n_frequency": 5, "scaling": 150, "random_loc_seed": 3}""");
        var site = (DenseDelta)adapter.Sites["model.layers.1.self_attn.v_proj"];
        var places = randperm(512, generator: new Generator(3)).narrow(0, 0, 5).data<long>().ToArray();
        var spectrum = Parts.Of(site)["fourierft_spectrum"].data<float>().ToArray();
        var expected = new float[16 * 32];
        for (var row = 0; row < 16; row++)
            for (var column = 0; column < 32; column++)
                expected[row * 32 + column] = (float)places.Zip(spectrum, (place, value) =>
                    150.0 / 512 * value * Math.Cos(2 * Math.PI * (place / 32 * row / 16.0 + place % 32 * column / 32.0))).Sum();

        TensorAssert.Close(tensor(expected, [16, 32]), site.Delta(), 1e-6);
    }

    [Fact]
    public void All_coefficients_are_as_many_parameters_as_the_weight_has()
    {
        using var model = TinyBase.TiedLlama.Load();

        using var adapter = TinyBase.Attach("fourierft", model);

        Assert.Equal(512, adapter.Config["n_frequency"]!.GetValue<int>()); // PEFT's 1000 are more than v has places
        Assert.All(adapter.Sites.Values, site => Assert.Equal(512, Parts.Of(site)["fourierft_spectrum"].numel()));
    }

    [Fact]
    public void The_scaling_of_small_layers_is_what_starts_below_the_weights_if_nobody_says()
    {
        using var model = TinyBase.TiedLlama.Load();
        using var adapter = TinyBase.Attach("fourierft", model);

        Assert.Equal(0.02 * 512 / 16, adapter.Config["scaling"]!.GetValue<double>(), 1e-9); // of v: √(512 / 2) = 16
    }

    [Fact]
    public void More_coefficients_than_places_are_refused()
    {
        using var model = TinyBase.TiedLlama.Load();

        var refused = Assert.Throws<AdapterException>(() => TinyBase.Attach("fourierft", model, """{"n_frequency": 513}"""));

        Assert.Equal("Option 'n_frequency' of method 'fourierft' is 513, but model.layers.0.self_attn.v_proj maps 32 to 16 features, "
            + "so there are but 512.", refused.Message);
    }

    [Fact]
    public void Coefficients_of_zero_start_as_the_base()
    {
        using var model = TinyBase.Llama.Load();
        var bare = TinyBase.Evaluate(model);

        using var adapter = TinyBase.Attach("fourierft", model, """{"init": "zero", "scaling": 150}""");

        Assert.True(bare.equal(TinyBase.Evaluate(model)).all().item<bool>());
    }
}

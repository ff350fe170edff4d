using Adapters.Mechanisms;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.Dense;

public sealed class PeanutTests : TorchTest
{
    [Fact]
    public void A_linear_network_without_layers_between_is_the_weight_times_two_matrices()
    {
        using var model = TinyBase.Llama.Load();
        using var adapter = TinyBase.Attach("peanut", model, """{"rank": 4, "scaling": 3, "activation": "linear"}""");
        TinyBase.Perturb(adapter);
        var site = (DenseDelta)adapter.Sites["model.layers.0.self_attn.q_proj"];
        var parts = Parts.Of(site);

        TensorAssert.Close(3 * parts["peanut_B.weight"].matmul(parts["peanut_A.weight"]).matmul(site.Site.Weight), site.Delta(), 1e-6);
    }

    [Fact]
    public void What_a_decoder_gives_is_added_to_what_its_encoder_was_given_the_last_first()
    {
        using var model = TinyBase.Llama.Load();
        using var adapter = TinyBase.Attach("peanut", model, """{"rank": 4, "depth": 2, "activation": "tanh"}""");
        TinyBase.Perturb(adapter);
        var site = (DenseDelta)adapter.Sites["model.layers.0.self_attn.q_proj"];
        var parts = Parts.Of(site);
        var h0 = parts["peanut_A.weight"].matmul(site.Site.Weight).tanh(); // [rank, in], columns here where the code has rows
        var h1 = Next("encoders.0", h0);
        var h2 = Next("encoders.1", h1);
        var up = Next("decoders.0", h2) + h1;
        var top = Next("decoders.1", up) + h0;

        TensorAssert.Close(parts["peanut_B.weight"].matmul(top), site.Delta(), 1e-6);

        Tensor Next(string layer, Tensor h) => parts[$"peanut_{layer}.weight"].matmul(h).tanh();
    }
}

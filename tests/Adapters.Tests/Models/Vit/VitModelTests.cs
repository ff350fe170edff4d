using System.Text.Json.Nodes;
using Adapters.Methods;
using Adapters.Models;
using Adapters.Models.Vit;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Models.Vit;

public sealed class VitModelTests : TorchTest
{
    [Fact]
    public void The_position_table_is_resized_bicubically_to_the_grid_of_another_image()
    {
        using var model = Create();
        using var frozen = no_grad();
        var table = model.ParameterOf("vit.embeddings.position_embeddings"); // [1, 1 + 4·4, 12]
        var pixels = rand(2, 3, 20, 28);

        var embedded = model.HiddenStates(pixels)[0];

        var patches = nn.functional.conv2d(pixels, model.ParameterOf("vit.embeddings.patch_embeddings.projection.weight"),
            model.ParameterOf("vit.embeddings.patch_embeddings.projection.bias"), [4, 4]);
        Assert.Equal([2, 1 + (5 * 7), 12], embedded.shape);
        TensorAssert.Close((model.ParameterOf("vit.embeddings.cls_token") + table[.., ..1]).expand(2, 1, 12), embedded[.., ..1]);
        for (var channel = 0; channel < 12; channel++)
        {
            var expected = Bicubic(table[0, 1.., channel].view(4, 4), 5, 7) + patches[.., channel].to(float64);
            TensorAssert.Close(expected.view(2, -1), embedded[.., 1.., channel].to(float64));
        }
    }

    [Fact]
    public void An_image_of_the_configured_size_takes_the_table_as_it_is()
    {
        using var model = Create(("image_size", new JsonArray(8, 24)), ("patch_size", new JsonArray(4, 8)));
        var pixels = rand(1, 3, 8, 24);

        var embedded = model.HiddenStates(pixels)[0];

        Assert.Equal([1, 1 + (2 * 3), 12], embedded.shape);
        Assert.Equal(new SpatialLayout(Tokens: true, Prefix: 1, Height: 2, Width: 3),
            model.LayoutOf("vit.encoder.layer.0.attention.attention.query"));
    }

    [Fact]
    public void Query_key_and_value_have_no_bias_where_the_config_says_so()
    {
        using var model = Create(("qkv_bias", false));

        var biases = model.named_parameters().Select(pair => pair.name).Where(name => name.EndsWith(".bias")).ToArray();

        Assert.DoesNotContain("vit.encoder.layer.0.attention.attention.query.bias", biases);
        Assert.Contains("vit.encoder.layer.0.attention.output.dense.bias", biases);
        Assert.Equal([1, 5], model.Logits(rand(1, 3, 16, 16)).shape);
    }

    [Fact]
    public void A_replaced_classifier_is_the_model_s_from_then_on()
    {
        using var folder = new TemporaryFolder();
        using var model = Create();
        using var frozen = no_grad();
        var pixels = rand(2, 3, 16, 16);

        model.ReplaceClassifier(3, seed: 1);
        ModelFolder.Save(model, folder.Path);

        using var again = (VitModel)ModelFolder.Load(folder.Path);
        Assert.Equal([2, 3], model.Logits(pixels).shape);
        Assert.Equal(3, model.Sites["classifier"].Outputs);
        Assert.Equal(3, again.Architecture.Classes);
        Assert.Equal(model.Logits(pixels).bytes, again.Logits(pixels).bytes);
    }

    [Fact]
    public void Dropout_acts_in_training_only()
    {
        using var model = Create(("hidden_dropout_prob", 0.5), ("attention_probs_dropout_prob", 0.5));
        using var plain = Create();
        using var frozen = no_grad();
        var pixels = rand(1, 3, 16, 16);

        model.eval();
        var evaluated = model.Logits(pixels);
        model.train();
        var trained = model.Logits(pixels);

        TensorAssert.Close(plain.Logits(pixels), evaluated);
        Assert.True((evaluated - trained).abs().max().item<float>() > 0.01);
    }

    [Fact]
    public void Images_with_other_channels_are_refused()
    {
        using var model = Create();

        Assert.Contains("3 channels, but the image has 1", Assert.Throws<AdapterException>(() => model.Logits(rand(1, 1, 16, 16))).Message);
    }

    [Fact]
    public void Sites_know_their_place()
    {
        using var model = Create();

        Assert.Equal(new SitePlace(1, "attention"), model.PlaceOf("vit.encoder.layer.1.attention.output.dense"));
        Assert.Equal(new SitePlace(0, "mlp"), model.PlaceOf("vit.encoder.layer.0.output.dense"));
        Assert.Null(model.PlaceOf("classifier"));
        Assert.Null(model.LayoutOf("classifier"));
        Assert.All(model.AttentionTargets, target =>
            Assert.Equal(2, model.Sites.Keys.Count(site => site.EndsWith("." + target, StringComparison.Ordinal))));
    }

    private static VitModel Create(params (string Field, JsonNode Value)[] fields)
    {
        var config = new JsonObject
        {
            ["model_type"] = "vit",
            ["hidden_size"] = 12,
            ["intermediate_size"] = 16,
            ["num_hidden_layers"] = 2,
            ["num_attention_heads"] = 3,
            ["image_size"] = 16,
            ["patch_size"] = 4,
            ["num_labels"] = 5,
            ["initializer_range"] = 0.5,
        };
        foreach (var (field, value) in fields)
            config[field] = value;
        return (VitModel)ModelFolder.Create(config, seed: 2);
    }

    /// <summary>Keys' cubic convolution with a = -0.75, borders repeated, corners not aligned.</summary>
    private static Tensor Bicubic(Tensor image, int rows, int columns)
    {
        var (vertical, horizontal) = (Weights(image.shape[0], rows), Weights(image.shape[1], columns));
        return vertical.matmul(image.to(float64)).matmul(horizontal.t());
    }

    private static Tensor Weights(long from, int to)
    {
        var weights = zeros(to, from, dtype: float64);
        for (var i = 0; i < to; i++)
        {
            var place = ((i + 0.5) * from / to) - 0.5;
            for (var tap = -1; tap <= 2; tap++)
            {
                var source = (long)Math.Floor(place) + tap;
                weights[i, Math.Clamp(source, 0, from - 1)] += Cubic(Math.Abs(place - source));
            }
        }
        return weights;
    }

    private static double Cubic(double x) => x switch
    {
        <= 1 => (1.25 * x * x * x) - (2.25 * x * x) + 1,
        < 2 => (-0.75 * x * x * x) + (3.75 * x * x) - (6 * x) + 3,
        _ => 0,
    };
}

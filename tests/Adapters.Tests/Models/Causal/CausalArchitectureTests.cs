using System.Text.Json.Nodes;
using Adapters.Models.Causal;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Models.Causal;

/// <summary>Every flag of the family against the plain writing of it.</summary>
public sealed class CausalArchitectureTests : TorchTest
{
    [Theory]
    [InlineData("llama", "{}")]
    [InlineData("llama", """{"attention_bias":true,"mlp_bias":true}""")]
    [InlineData("llama", """{"head_dim":10}""")]
    [InlineData("llama", """{"head_dim":4,"num_key_value_heads":1,"tie_word_embeddings":true}""")]
    [InlineData("llama", """{"num_key_value_heads":null,"hidden_act":"relu"}""")]
    [InlineData("llama", """{"hidden_act":"gelu"}""")]
    [InlineData("llama", """{"hidden_act":"gelu_new"}""")]
    [InlineData("llama", """{"hidden_act":"gelu_pytorch_tanh"}""")]
    [InlineData("llama", """{"pad_token_id":3,"attention_dropout":0.0}""")]
    [InlineData("mistral", """{"head_dim":8,"sliding_window":null}""")]
    [InlineData("qwen2", """{"sliding_window":4,"use_sliding_window":false}""")]
    public void Computes_what_the_plain_writing_computes(string family, string fields)
    {
        using var model = Create(family, fields);

        AssertAgrees(model, Frequencies(model, 10000), _ => null);
    }

    [Theory]
    [InlineData("mistral", """{"sliding_window":4}""", 0)]
    [InlineData("qwen2", """{"sliding_window":4,"use_sliding_window":true,"max_window_layers":0}""", 0)]
    [InlineData("qwen2", """{"sliding_window":4,"use_sliding_window":true,"max_window_layers":1}""", 1)]
    public void A_window_limits_what_a_position_sees_from_the_layer_on_that_it_holds_for(string family, string fields, int first)
    {
        using var model = Create(family, fields);

        AssertAgrees(model, Frequencies(model, 10000), layer => layer >= first ? 4 : null);
    }

    [Theory]
    [InlineData("""{"rope_theta":500.0}""", 500, 1)]
    [InlineData("""{"rope_scaling":{"type":"linear","factor":4.0}}""", 10000, 4)]
    [InlineData("""{"rope_scaling":{"rope_type":"linear","factor":4}}""", 10000, 4)]
    [InlineData("""{"rope_parameters":{"rope_type":"linear","factor":2.5,"rope_theta":900.0}}""", 900, 2.5)]
    [InlineData("""{"rope_parameters":{"rope_type":"default","rope_theta":900.0},"rope_theta":1.0}""", 900, 1)]
    [InlineData("""{"rope_parameters":{"rope_theta":900.0}}""", 900, 1)]
    [InlineData("""{"rope_parameters":{"rope_type":"linear","factor":2.0},"rope_theta":700.0}""", 700, 2)]
    [InlineData("""{"rope_scaling":null}""", 10000, 1)]
    public void Angles_are_read_from_old_and_new_fields(string fields, double theta, double factor)
    {
        using var model = Create("llama", fields);

        AssertAgrees(model, [.. Frequencies(model, theta).Select(frequency => frequency / factor)], _ => null);
    }

    [Theory]
    [InlineData(12, 10000)]
    [InlineData(16, 10000)]
    [InlineData(24, 28284.271247461902)] // 10000 · (2·24/16 - 1)^(d/(d - 2)), where d = 6
    public void Dynamic_scaling_changes_the_base_once_the_sequence_is_longer_than_pretrained(int length, double theta)
    {
        using var model = Create("llama", """{"rope_scaling":{"rope_type":"dynamic","factor":2.0}}""");

        AssertAgrees(model, Frequencies(model, theta), _ => null, length);
        AssertAgrees(model, Frequencies(model, 10000), _ => null, 12); // a table of another length must not stay
    }

    [Fact]
    public void Llama3_scaling_keeps_short_waves_and_divides_long_ones()
    {
        using var model = Create("llama", """
            {"head_dim":16,"rope_scaling":{"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,
            "original_max_position_embeddings":64}}
            """);

        var scaled = Frequencies(model, 10000).Select(frequency =>
        {
            var wave = 2 * Math.PI / frequency;
            var smooth = ((64 / wave) - 1) / (4 - 1);
            return wave > 64 ? frequency / 8 : wave < 16 ? frequency : ((1 - smooth) * frequency / 8) + (smooth * frequency);
        });

        AssertAgrees(model, [.. scaled], _ => null);
    }

    private static CausalModel Create(string family, string fields) => TinyCausal.Create(family,
        [.. JsonNode.Parse(fields)!.AsObject().Select(pair => (pair.Key, pair.Value?.DeepClone()))]);

    private static double[] Frequencies(CausalModel model, double theta)
    {
        var d = model.Architecture.HeadWidth;
        return [.. Enumerable.Range(0, d / 2).Select(i => Math.Pow(theta, -2.0 * i / d))];
    }

    private static void AssertAgrees(CausalModel model, double[] frequencies, Func<int, int?> window, int length = 12)
    {
        using var frozen = no_grad();
        var tokens = TinyCausal.Tokens(2, length);

        var logits = model.Logits(tokens);

        for (var row = 0; row < 2; row++)
        {
            var expected = new NaiveCausal(model).Logits(tokens[row], frequencies, window);
            TensorAssert.Close(expected, logits[row].to(float64), 2e-5);
        }
    }
}

using System.Text.Json.Nodes;
using Adapters.Checkpoints;
using Adapters.Methods;
using Adapters.Models;
using Adapters.Models.Sam;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Models.Sam;

public sealed class SamModelTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Without_relative_positions_it_computes_as_with_tables_of_zeros()
    {
        using var zero = Create();
        using var none = Create(("use_rel_pos", false));
        using var frozen = no_grad();
        var pixels = rand(1, 3, 32, 32);

        var expected = zero.MaskLogits(pixels);

        Assert.DoesNotContain(none.named_parameters(), pair => pair.name.Contains("rel_pos"));
        TensorAssert.Close(expected, none.MaskLogits(pixels));
    }

    [Fact]
    public void Without_absolute_positions_it_computes_as_with_a_table_of_zeros_and_sees_other_sizes()
    {
        using var zero = Create();
        using var none = Create(("use_abs_pos", false));
        using var frozen = no_grad();
        var pixels = rand(1, 3, 32, 32);

        TensorAssert.Close(zero.MaskLogits(pixels), none.MaskLogits(pixels));
        Assert.Equal([2, 16, 6, 5], none.ImageEmbeddings(rand(2, 3, 48, 40)).shape);
        Assert.Equal([2, 48, 40], none.MaskLogits(rand(2, 3, 48, 40)).shape);
        var refusal = Assert.Throws<AdapterException>(() => zero.MaskLogits(rand(1, 3, 48, 40)));
        Assert.Contains("images of 32×32 pixels, but this one has 48×40", refusal.Message);
    }

    [Fact]
    public void A_window_as_large_as_the_grid_is_the_whole_grid()
    {
        using var global = Create(("global_attn_indexes", new JsonArray(0, 1)));
        using var windowed = Create(("global_attn_indexes", new JsonArray()), ("window_size", 4));
        using var frozen = no_grad();
        DrawPositions(global);
        DrawPositions(windowed);
        var pixels = rand(1, 3, 32, 32);

        TensorAssert.Close(global.MaskLogits(pixels), windowed.MaskLogits(pixels));
    }

    [Fact]
    public void Relative_positions_are_looked_up_by_distance_and_resized_for_other_sizes()
    {
        var table = arange(7, dtype: float32).unsqueeze(1); // 2·4 - 1 rows

        var same = RelativePositions.Lookup(table, 4, 4);
        var larger = RelativePositions.Lookup(table, 7, 7);

        Assert.Equal(3, same[2, 2, 0].item<float>());
        Assert.Equal(6, same[3, 0, 0].item<float>());
        Assert.Equal(0, same[0, 3, 0].item<float>());
        Assert.Equal(3, larger[4, 4, 0].item<float>(), 1e-5);
        Assert.Equal(6, larger[6, 0, 0].item<float>(), 1e-5); // beyond the last row's centre, so the row itself
        Assert.Equal((8.5 * 7 / 13) - 0.5, larger[6, 4, 0].item<float>(), 1e-5); // row 6 - 4 + 6 = 8 of 13
    }

    [Fact]
    public void The_copy_of_the_position_code_serves_where_the_original_is_absent()
    {
        using var folder = new TemporaryFolder();
        var golden = GoldenFiles.Of("models", "sam", "all-global");
        var weights = SafeTensorsFile.ReadAll(Path.Combine(golden, "model.safetensors"));
        weights.Remove("shared_image_embedding.positional_embedding", out var directions);
        weights["prompt_encoder.shared_embedding.positional_embedding"] = directions!;
        SafeTensorsFile.Write(folder.File("model.safetensors"), weights.Select(pair => (pair.Key, pair.Value)));
        File.Copy(Path.Combine(golden, "config.json"), folder.File("config.json"));

        using var expected = (SamModel)ModelFolder.Load(golden);
        using var loaded = (SamModel)ModelFolder.Load(folder.Path);

        TensorAssert.Close(expected.GridPositions(), loaded.GridPositions());
    }

    [Fact]
    public void Sites_know_where_they_stand_in_the_image()
    {
        using var model = Create();

        Assert.Equal(["vision_encoder.layers.0.attn.qkv", "vision_encoder.layers.1.attn.qkv"],
            model.Sites.Keys.Where(site => site.EndsWith($".{Assert.Single(model.DefaultTargets)}", StringComparison.Ordinal)));
        Assert.Equal(new SpatialLayout(Tokens: false, 0, 3, 3), model.LayoutOf("vision_encoder.layers.0.attn.qkv"));
        Assert.Equal(new SpatialLayout(Tokens: false, 0, 4, 4), model.LayoutOf("vision_encoder.layers.1.attn.qkv"));
        Assert.Equal(new SpatialLayout(Tokens: false, 0, 4, 4), model.LayoutOf("vision_encoder.layers.0.mlp.lin1"));
        Assert.Equal(new SitePlace(1, "attention"), model.PlaceOf("vision_encoder.layers.1.attn.proj"));
        Assert.Null(model.LayoutOf("mask_decoder.transformer.layers.0.self_attn.q_proj"));
        Assert.Null(model.PlaceOf("mask_decoder.transformer.layers.0.self_attn.q_proj"));
    }

    [Fact]
    public void The_downsampling_rate_is_of_the_last_attention_alone()
    {
        using var model = Create();
        var config = model.Config.DeepClone().AsObject();
        config["mask_decoder_config"]!["attention_downsample_rate"] = 1;

        using var wide = (SamModel)ModelFolder.Create(config, seed: 0);

        Assert.Equal(16, wide.Sites["mask_decoder.transformer.final_attn_token_to_image.q_proj"].Outputs);
        Assert.Equal(8, wide.Sites["mask_decoder.transformer.layers.0.cross_attn_token_to_image.q_proj"].Outputs);
        Assert.Equal(8, wide.Sites["mask_decoder.transformer.layers.0.cross_attn_image_to_token.q_proj"].Outputs);
    }

    [Fact]
    public void The_decoder_must_read_what_the_encoder_writes()
    {
        var refusal = Assert.Throws<AdapterException>(() => Create(("output_channels", 24)));

        Assert.Contains("'mask_decoder_config.hidden_size' is 16, but must equal vision_config.output_channels, which is 24",
            refusal.Message);
    }

    [Fact]
    public void Memory_stays_flat_over_training_steps()
    {
        using var model = Create();
        var pixels = rand(2, 3, 32, 32);
        void Step()
        {
            using var scope = NewDisposeScope();
            model.MaskLogits(pixels).mean().backward();
            model.HiddenStates(pixels);
        }
        Step();
        var live = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        for (var i = 0; i < 5; i++)
            Step();

        Assert.Equal(live, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    private static SamModel Create(params (string Field, JsonNode Value)[] fields)
    {
        var vision = new JsonObject
        {
            ["hidden_size"] = 24,
            ["output_channels"] = 16,
            ["num_hidden_layers"] = 2,
            ["num_attention_heads"] = 2,
            ["image_size"] = 32,
            ["patch_size"] = 8,
            ["window_size"] = 3,
            ["global_attn_indexes"] = new JsonArray(1),
            ["mlp_dim"] = 32,
        };
        foreach (var (field, value) in fields)
            vision[field] = value;
        return (SamModel)ModelFolder.Create(new JsonObject
        {
            ["model_type"] = "sam",
            ["initializer_range"] = 0.2,
            ["vision_config"] = vision,
            ["prompt_encoder_config"] = new JsonObject { ["hidden_size"] = 16 },
            ["mask_decoder_config"] = new JsonObject { ["hidden_size"] = 16, ["num_attention_heads"] = 2, ["mlp_dim"] = 32 },
        }, seed: 3);
    }

    private static void DrawPositions(SamModel model)
    {
        using var generator = new Generator(1);
        foreach (var (name, parameter) in model.named_parameters())
            if (name.Contains("pos"))
                parameter.normal_(0, 0.5, generator);
    }
}

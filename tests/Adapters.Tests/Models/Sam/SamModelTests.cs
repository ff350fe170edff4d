using System.Text.Json.Nodes;
using Adapters.Checkpoints;
using Adapters.Methods;
using Adapters.Models;
using Adapters.Models.Sam;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Models.Sam;

public sealed class SamModelTests : TorchTest
{
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
    public void Without_absolute_positions_it_computes_as_with_a_table_of_zeros()
    {
        using var zero = Create();
        using var none = Create(("use_abs_pos", false));
        using var frozen = no_grad();
        var pixels = rand(1, 3, 32, 32);

        TensorAssert.Close(zero.MaskLogits(pixels), none.MaskLogits(pixels));
    }

    [Fact]
    public void Positions_are_interpolated_to_images_of_another_size()
    {
        using var model = Create();
        using var larger = Create(("image_size", 48));
        using var frozen = no_grad();
        DrawPositions(model);
        foreach (var (name, parameter) in larger.named_parameters())
            parameter.copy_(name switch
            {
                "vision_encoder.pos_embed" => nn.functional.interpolate(model.ParameterOf(name).permute(0, 3, 1, 2), [6, 6],
                    mode: InterpolationMode.Bicubic, align_corners: false).permute(0, 2, 3, 1),
                _ when parameter.shape.SequenceEqual(model.ParameterOf(name).shape) => model.ParameterOf(name),
                _ => nn.functional.interpolate(model.ParameterOf(name).t().unsqueeze(0), [11], // of the global block: 2·6 - 1
                    mode: InterpolationMode.Linear, align_corners: false).squeeze(0).t(),
            });
        var pixels = rand(2, 3, 48, 48);

        TensorAssert.Close(larger.ImageEmbeddings(pixels), model.ImageEmbeddings(pixels));
        Assert.Equal([2, 16, 6, 5], model.ImageEmbeddings(rand(2, 3, 48, 40)).shape);
        Assert.Equal([2, 48, 40], model.MaskLogits(rand(2, 3, 48, 40)).shape);
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

    [Theory]
    [InlineData(27, 5)] // more rows than the window's 5, then as many
    [InlineData(5, 3)]
    public void A_table_of_relative_positions_is_taken_at_its_own_length_and_resized_at_use(long inWindows, long overall)
    {
        using var folder = new TemporaryFolder();
        using var expected = Create();
        using var frozen = no_grad();
        DrawPositions(expected);
        ModelFolder.Save(expected, folder.Path);
        var weights = SafeTensorsFile.ReadAll(folder.File("model.safetensors"));
        foreach (var (block, rows, used) in new[] { (0, inWindows, 5), (1, overall, 7) }) // 2·3 - 1 and 2·4 - 1
        {
            var name = $"vision_encoder.layers.{block}.attn.rel_pos_h";
            weights[name] = rand(rows, 12);
            expected.ParameterOf(name).copy_(nn.functional.interpolate(
                weights[name].t().unsqueeze(0), [used], mode: InterpolationMode.Linear, align_corners: false).squeeze(0).t());
        }
        SafeTensorsFile.Write(folder.File("model.safetensors"), weights.Select(pair => (pair.Key, pair.Value)));

        using var loaded = (SamModel)ModelFolder.Load(folder.Path);
        using var again = new TemporaryFolder();
        ModelFolder.Save(loaded, again.Path);
        using var reloaded = (SamModel)ModelFolder.Load(again.Path);
        var pixels = rand(1, 3, 32, 32);

        Assert.Equal([inWindows, 12], loaded.ParameterOf("vision_encoder.layers.0.attn.rel_pos_h").shape);
        TensorAssert.Close(expected.MaskLogits(pixels), loaded.MaskLogits(pixels));
        TensorAssert.Close(loaded.MaskLogits(pixels), reloaded.MaskLogits(pixels), 0);
    }

    [Fact]
    public void A_table_of_relative_positions_of_another_width_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var model = Create();
        ModelFolder.Save(model, folder.Path);
        var weights = SafeTensorsFile.ReadAll(folder.File("model.safetensors"));
        weights["vision_encoder.layers.0.attn.rel_pos_h"] = rand(5, 11);
        SafeTensorsFile.Write(folder.File("model.safetensors"), weights.Select(pair => (pair.Key, pair.Value)));

        var refused = Assert.Throws<AdapterException>(() => ModelFolder.Load(folder.Path));

        Assert.Contains("'vision_encoder.layers.0.attn.rel_pos_h' has the shape [5, 11], but [5, 12] is needed", refused.Message);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 0)]
    [InlineData(4, 2)]
    public void The_judge_always_has_a_first_and_a_last_layer(int depth, int between)
    {
        using var model = Create();
        var config = model.Config.DeepClone().AsObject();
        config["mask_decoder_config"]!["iou_head_depth"] = depth;

        using var other = (SamModel)ModelFolder.Create(config, seed: 0);

        const string Judge = "mask_decoder.iou_prediction_head.";
        var layers = Enumerable.Range(0, between).Select(layer => $"{Judge}layers.{layer}")
            .Concat([Judge + "proj_in", Judge + "proj_out"]);
        Assert.Equal(layers, other.Sites.Keys.Where(site => site.StartsWith(Judge, StringComparison.Ordinal)).Order());
    }

    [Fact]
    public void Query_key_and_value_have_no_bias_where_the_config_says_so()
    {
        using var biased = Create();
        using var none = Create(("qkv_bias", false));
        using var frozen = no_grad();
        var pixels = rand(1, 3, 32, 32);
        var biases = biased.named_parameters().Select(pair => pair.name).Except(none.named_parameters().Select(pair => pair.name));

        Assert.Equal(["vision_encoder.layers.0.attn.qkv.bias", "vision_encoder.layers.1.attn.qkv.bias"], biases.Order());
        TensorAssert.Close(biased.MaskLogits(pixels), none.MaskLogits(pixels)); // fresh biases are zero
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

using Adapters.Methods;
using Adapters.Models;
using Adapters.Models.Causal;
using Adapters.Models.Sam;
using Adapters.Models.VisionLanguage;
using Adapters.Tests.Methods;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Models.VisionLanguage;

public sealed class VisionLanguageModelTests : TorchTest
{
    [Fact]
    public void The_language_model_reads_the_projected_patches_before_the_text()
    {
        using var frozen = no_grad();
        using var model = Load(TinyBase.SamLlama);
        using var sam = (SamModel)TinyBase.Sam.Load();
        using var llama = (CausalModel)TinyBase.Llama.Load();
        var (tokens, pixels) = (TinyBase.Tokens(), TinyBase.Pixels(64));

        var patches = sam.ImageEmbeddings(pixels).flatten(2).transpose(1, 2); // row by row
        var seen = patches.matmul(model.ParameterOf("projector.weight").t()) + model.ParameterOf("projector.bias");
        var expected = llama.Logits(tokens, prefix: seen);

        Assert.True(Same(expected, model.Logits(tokens, pixels)));
        TensorAssert.Close(expected.select(1, -1), model.NextToken(tokens, pixels));
        Assert.Equal(64, model.ImageTokens);
    }

    [Fact]
    public void A_prefix_counts_as_positions_and_is_real_beside_padding()
    {
        using var frozen = no_grad();
        using var llama = (CausalModel)TinyBase.Llama.Load();
        var (tokens, first) = (TinyBase.Tokens().narrow(0, 0, 1), TinyBase.Tokens().narrow(0, 1, 1).narrow(1, 0, 5));
        var embedded = llama.ParameterOf("model.embed_tokens.weight").index_select(0, first.flatten()).unsqueeze(0);

        var whole = llama.Logits(cat([first, tokens], 1));
        var mask = ones_like(tokens);
        mask[0, 0] = 0;
        var padded = llama.Logits(cat([first, tokens], 1), cat([ones_like(first), mask], 1));

        TensorAssert.Close(whole.narrow(1, 5, tokens.shape[1]), llama.Logits(tokens, prefix: embedded));
        TensorAssert.Close(padded.narrow(1, 5, tokens.shape[1]), llama.Logits(tokens, mask, prefix: embedded));
    }

    [Fact]
    public void Without_an_image_it_is_its_language_model()
    {
        using var frozen = no_grad();
        using var model = Load(TinyBase.SeeingLlama);
        using var llama = (CausalModel)TinyBase.TiedLlama.Load();

        Assert.True(Same(llama.Logits(TinyBase.Tokens()), model.Logits(TinyBase.Tokens())));
    }

    [Theory]
    [InlineData("vision-language/vit/base + llama/gqa-tied", "query", "classifier")]
    [InlineData("vision-language/sam/window-global + llama/mha", "qkv", "mask_decoder")]
    public void Saved_as_one_folder_it_is_read_back_and_its_towers_are_named_and_placed_within_it(string on, string seen, string head)
    {
        using var model = Load(TinyBase.All[on]);
        ModelFolder.Save(model, Folder.Path);
        using var again = ModelFolder.Load(Folder.Path);

        Assert.True(Same(TinyBase.Evaluate(model), TinyBase.Evaluate(again)));
        Assert.Equal(model.Config.ToJsonString(), again.Config.ToJsonString());
        Assert.DoesNotContain(model.named_parameters(), pair => pair.name.Contains(head, StringComparison.Ordinal));
        var query = model.Sites.Keys.First(site => site.EndsWith($".{seen}", StringComparison.Ordinal));
        Assert.StartsWith("vision_tower.", query, StringComparison.Ordinal);
        Assert.Equal((0, "attention"), (model.PlaceOf(query)!.Value.Block, model.PlaceOf(query)!.Value.Part));
        Assert.NotNull(model.LayoutOf(query));
        const string Down = "language_model.model.layers.1.mlp.down_proj";
        Assert.Equal(new SitePlace(model.Vision.Blocks.Count + 1, "mlp"), model.PlaceOf(Down));
        Assert.Equal("language_model.model.layers.1.mlp", model.Blocks[model.PlaceOf(Down)!.Value.Block].FeedForward.Name);
        Assert.Null(model.LayoutOf(Down));
        Assert.Null(model.PlaceOf("projector"));
    }

    [Fact]
    public void Interpolated_positions_of_its_language_model_are_saved_with_it()
    {
        using var model = Load(TinyBase.SeeingLlama);

        model.LanguageModel.ReachLength(256);

        Assert.Equal(2, (double)model.Config["text_config"]!["rope_scaling"]!["factor"]!);
    }

    [Fact]
    public void Its_projector_is_drawn_alike_each_time_and_narrowly()
    {
        using var first = Load(TinyBase.SeeingLlama);
        using var second = Load(TinyBase.SeeingLlama);
        var weight = first.ParameterOf(VisionLanguageModel.Projector[0]);

        Assert.True(Same(weight, second.ParameterOf(VisionLanguageModel.Projector[0])));
        Assert.InRange(weight.std().item<float>(), 0.018, 0.022);
        Assert.Equal(0, first.ParameterOf(VisionLanguageModel.Projector[1]).abs().max().item<float>());
    }

    [Fact]
    public void Gates_over_experts_see_no_later_token_where_it_reads_and_whole_images_where_it_sees()
    {
        using var frozen = no_grad();
        using var model = Load(TinyBase.SeeingLlama);
        using var adapter = TinyBase.Attach("mole", model, context: new() { Experts = TinyBase.Experts(TinyBase.SeeingLlama, Folder) });
        TinyBase.Perturb(adapter);
        model.eval();
        var (tokens, pixels) = (TinyBase.Tokens(), TinyBase.Pixels(32));
        var (others, moved) = (tokens.clone(), pixels.clone());
        others[.., -1] = 1;
        moved[.., .., -1, -1] = 1; // of the last patch

        var before = model.Logits(tokens, pixels);

        Assert.True(Same(before.narrow(1, 0, 23), model.Logits(others, pixels).narrow(1, 0, 23)));
        Assert.False(Same(before.narrow(1, 0, 1), model.Logits(tokens, moved).narrow(1, 0, 1)));
    }

    [Fact]
    public void Two_that_do_not_go_together_are_refused()
    {
        var (vit, llama) = (GoldenFiles.Of("models", "vit", "base"), GoldenFiles.Of("models", "llama", "mha"));

        Assert.Equal("A llama model is no image encoder.",
            Assert.Throws<AdapterException>(() => ModelFolder.LoadTogether(llama, llama)).Message);
        Assert.Equal("A vit model is no language model.",
            Assert.Throws<AdapterException>(() => ModelFolder.LoadTogether(vit, vit)).Message);
    }

    private static VisionLanguageModel Load(TinyBase tiny) => (VisionLanguageModel)tiny.Load();

    private static bool Same(Tensor left, Tensor right) => left.equal(right).all().item<bool>();
}

using Adapters.Methods;
using Adapters.Models;
using Adapters.Models.Vit;
using Adapters.Pretraining;
using Adapters.Tasks;
using Adapters.Tasks.Data;
using Adapters.Tests.Tasks;
using Adapters.Training;
using Xunit;

namespace Adapters.Tests.Pretraining;

public sealed class PreparationsTests(SmokeCorpus corpus) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("lesions", "sam-tiny", "base/sam-tiny@smoke <- ")]
    [InlineData("long-context", "nano", "corpus/sdk@smoke <- ", "base/nano@smoke <- corpus/sdk@smoke")]
    [InlineData("classify", "vit-tiny", "base/vit-tiny@smoke <- ")]
    [InlineData("lesion-questions", "sam-tiny + nano", "corpus/sdk@smoke <- ", "base/sam-tiny@smoke <- ",
        "base/nano@smoke <- corpus/sdk@smoke")]
    [InlineData("classify", "micro", "corpus/sdk@smoke <- ", "base/micro@smoke <- corpus/sdk@smoke")]
    public void Lists_what_a_trial_needs_in_an_order_that_works(string task, string baseModel, params string[] expected)
    {
        var preparations = Preparations.Of(task, "smoke", baseModel);

        Assert.Equal(expected, preparations.Select(preparation => $"{preparation.Id} <- {string.Join(", ", preparation.Needs)}"));
    }

    [Fact]
    public void A_users_folder_needs_the_corpus_in_its_own_vocabulary()
    {
        UserFolder();

        var preparations = Preparations.Of("composition", "smoke", _folder.Path);

        Assert.Equal(["corpus/sdk@smoke", $"tokens/{_folder.Path}@smoke"], preparations.Select(preparation => preparation.Id));
    }

    [Fact]
    public void Writes_the_corpus_in_a_users_vocabulary()
    {
        UserFolder();
        var id = $"tokens/{_folder.Path}@smoke";
        var setting = new TaskSetting("smoke", _folder.Path, corpus.Cache);
        Assert.False(Preparations.IsReady(id, corpus.Cache));

        var result = Preparations.Run(id, Places(), new SilentObserver(), TestContext.Current.CancellationToken);

        Assert.True(Preparations.IsReady(id, corpus.Cache));
        Assert.Equal(Preparations.PathOf(id, corpus.Cache), result.Folder);
        using var tokenized = Preparations.OpenCorpus(setting);
        var texts = File.ReadAllLines(Path.Combine(corpus.Corpus, "text.txt"));
        Assert.Equal(texts[7] + "\n", TextTokenizer.Load(tokenized.Tokenizer).Decode(tokenized.TokensOf(7)));
    }

    [Theory]
    [InlineData("lesions", "nano", "Task 'lesions' is learnt on bases of family sam, but 'nano' is of family 'llama'.")]
    [InlineData("lesions", "sam-tin", "There is no base 'sam-tin'")]
    [InlineData("lesions", "sam-tin", "Did you mean 'sam-tiny'?")]
    [InlineData("lesion", "sam-tiny", "There is no task 'lesion'.")]
    [InlineData("lesion-questions", "nano + sam-tiny", "The base 'nano + sam-tiny' must be an image encoder (sam, vit) and a language "
        + "model (llama, mistral, qwen2), in that order, but these are of the families llama and sam.")]
    [InlineData("lesion-questions", "nano", "is learnt on bases of family vision-language, but 'nano' is of family 'llama'.")]
    public void Refuses_a_base_that_does_not_exist_or_fit(string task, string baseModel, string message)
    {
        var fault = Assert.Throws<AdapterException>(() => Preparations.Of(task, "smoke", baseModel));

        Assert.Contains(message, fault.Message);
    }

    [Fact]
    public void A_users_folder_without_a_tokenizer_is_refused()
    {
        UserFolder();
        File.Delete(_folder.File("tokenizer.json"));

        var fault = Assert.Throws<AdapterException>(() => Preparations.KeyOf($"tokens/{_folder.Path}@smoke"));

        Assert.Contains("has neither a tokenizer.json nor a tokenizer.model", fault.Message);
    }

    [Fact]
    public void Keys_differ_by_what_determines_the_content()
    {
        string[] ids =
        [
            "corpus/sdk@smoke", "corpus/sdk@quickstart", "base/nano@smoke", "base/nano@quickstart", "base/nano@paper-like",
            "base/micro@smoke", "base/sam-tiny@smoke", "base/sam-tiny@quickstart", "base/vit-tiny@smoke",
        ];

        var keys = ids.Select(Preparations.KeyOf).ToArray();

        Assert.Equal(keys.Length, keys.Distinct().Count());
        Assert.Equal(keys, ids.Select(Preparations.KeyOf));
    }

    // A key that changes makes sweeps of an earlier version, half done, look for their base in vain.
    [Fact]
    public void A_base_is_found_again_by_later_versions() =>
        Assert.Equal("cf08a317744833c1e42a", Preparations.KeyOf("base/sam-tiny@quickstart"));

    [Fact]
    public void An_interrupted_pretraining_ends_with_the_same_bits()
    {
        const string id = "base/vit-tiny@smoke";
        var straight = Preparations.Run(id, Places("straight"), new SilentObserver(), TestContext.Current.CancellationToken);

        using var stop = new CancellationTokenSource();
        var observer = new SilentObserver(step =>
        {
            if (step == 17)
                stop.Cancel();
        });
        Assert.Throws<OperationCanceledException>(() => Preparations.Run(id, Places("resumed"), observer, stop.Token));
        Assert.False(Preparations.IsReady(id, _folder.File("resumed")));
        var resumed = Preparations.Run(id, Places("resumed") with { ResumeFrom = observer.Checkpoints[^1].Folder },
            new SilentObserver(), TestContext.Current.CancellationToken);

        Assert.Equal(17, observer.Checkpoints[^1].Step);
        Assert.Equal(File.ReadAllBytes(Path.Combine(straight.Folder, "model.safetensors")),
            File.ReadAllBytes(Path.Combine(resumed.Folder, "model.safetensors")));
    }

    [Fact]
    public void A_base_is_a_model_folder_that_is_made_once()
    {
        const string id = "base/vit-tiny@smoke";
        var steps = 0;
        var first = Preparations.Run(id, Places("once"), new SilentObserver(_ => steps++), TestContext.Current.CancellationToken);
        var made = steps;

        var second = Preparations.Run(id, Places("once"), new SilentObserver(_ => steps++), TestContext.Current.CancellationToken);

        Assert.Equal((first.Folder, made), (second.Folder, steps));
        Assert.True(first.Metrics["validation_accuracy"] > 0);
        using var model = ModelFolder.Load(first.Folder);
        Assert.IsType<VitModel>(model);
    }

    [Fact]
    public void The_sizes_of_the_bases_are_as_they_are_listed()
    {
        foreach (var product in ProductBases.All)
        {
            using var model = ModelFolder.Create(ProductBases.RecipeOf(product.Id, "quickstart").Config, seed: 1);

            Assert.Equal((product.Family, product.Parameters), (model.Family, model.parameters().Sum(parameter => parameter.numel())));
        }
    }

    public void Dispose() => _folder.Dispose();

    private TrainingPlaces Places(string? cache = null) => new()
    {
        Cache = cache is null ? corpus.Cache : _folder.File(cache),
        Folder = _folder.File($"{cache}-attempt"),
    };

    private void UserFolder()
    {
        File.Copy(GoldenFiles.Of("tokenizers", "bytelevel-gpt2", "tokenizer.json"), _folder.File("tokenizer.json"));
        File.WriteAllText(_folder.File("config.json"), """{"model_type":"llama"}""");
    }
}

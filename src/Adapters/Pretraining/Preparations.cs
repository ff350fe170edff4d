using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Adapters.Methods;
using Adapters.Models;
using Adapters.Tasks;
using Adapters.Tasks.Data;
using Adapters.Training;
using static TorchSharp.torch;

namespace Adapters.Pretraining;

/// <summary>
/// What must be there before a trial can start, made once and cached under a hash of all that determines it:
/// <c>corpus/sdk@SIZE</c>, <c>tokens/FOLDER@SIZE</c> (the corpus in a user's vocabulary), <c>base/NAME@SIZE</c>.
/// </summary>
public static class Preparations
{
    private static readonly Lazy<IReadOnlyList<SdkDocumentation>> Documentation =
        new(() => SdkDocumentation.In(SdkDocumentation.PacksFolder()), LazyThreadSafetyMode.PublicationOnly);

    /// <summary>What a trial of a task on a base needs, in an order that works.</summary>
    /// <param name="task">The task's name.</param>
    /// <param name="size">Its size.</param>
    /// <param name="baseModel">Name of a base that the product makes, or a folder.</param>
    /// <exception cref="AdapterException">When the task or the base is unknown, or the one cannot be learnt on the other.</exception>
    public static IReadOnlyList<Preparation> Of(string task, string size, string baseModel)
    {
        var (registered, family) = (TaskCatalogue.Find(task), BaseFolder.FamilyOf(baseModel));
        if (!registered.Families.Contains(family))
            throw new AdapterException($"Task '{task}' is learnt on bases of family {string.Join(", ", registered.Families)}, "
                + $"but '{baseModel}' is of family '{family}'.");

        var preparations = new List<Preparation>();
        var corpus = new Preparation(Corpus(size), []);
        if (BaseFolder.ReadsText(family))
            preparations.Add(corpus);
        foreach (var part in BaseFolder.PartsOf(baseModel))
            if (ProductBases.Find(part) is { } product)
                preparations.Add(new Preparation($"base/{product.Id}@{size}", [.. NeedsOf(ProductBases.RecipeOf(product.Id, size))]));
            else if (BaseFolder.ReadsText(BaseFolder.FamilyOf(part)))
                preparations.Add(new Preparation($"tokens/{part}@{size}", [corpus.Id]));
        return preparations;
    }

    /// <summary>Hash of all that determines what a preparation makes.</summary>
    public static string KeyOf(string id) => DataCache.KeyOf(Determinants(id));

    /// <summary>Whether it has been made.</summary>
    /// <param name="id">The preparation.</param>
    /// <param name="cache">Folder of bases and data that trials share.</param>
    public static bool IsReady(string id, string cache) => new DataCache(cache).Has(Parse(id).Kind, KeyOf(id));

    /// <summary>Where what it makes lies or will lie.</summary>
    /// <inheritdoc cref="IsReady"/>
    public static string PathOf(string id, string cache) => new DataCache(cache).PathOf(Parse(id).Kind, KeyOf(id));

    /// <summary>Loads a base from its Hugging Face folder, the product's own or the user's; of two together from both.</summary>
    /// <param name="setting">Names it.</param>
    /// <param name="device">Where the weights shall lie.</param>
    /// <param name="headOptional">Whether it may lack its head.</param>
    /// <exception cref="AdapterException">When a folder is not whole or asks for what is not supported.</exception>
    public static BaseModel LoadBase(TaskSetting setting, Device? device = null, bool headOptional = false)
    {
        return BaseFolder.PartsOf(setting.Base) is [var vision, var language]
            ? ModelFolder.LoadTogether(FolderOf(vision), FolderOf(language), device)
            : ModelFolder.Load(FolderOf(setting.Base), device, headOptional);

        string FolderOf(string name) => ProductBases.Find(name) is { } product
            ? PathOf($"base/{product.Id}@{setting.Size}", setting.Cache)
            : name;
    }

    /// <summary>Makes it, or returns at once where it is there. What it needs must be ready.</summary>
    /// <param name="id">The preparation.</param>
    /// <param name="places">Cache, folder for checkpoints, and the checkpoint to go on from.</param>
    /// <param name="observer">Is told of progress, losses and checkpoints.</param>
    /// <param name="stop">Ends it early, with a checkpoint where it trains.</param>
    /// <exception cref="OperationCanceledException">When it was stopped.</exception>
    /// <exception cref="AdapterException">When the SDK's documentation or a user's tokenizer is missing or not usable.</exception>
    public static PreparationResult Run(string id, TrainingPlaces places, ITrainingObserver observer, CancellationToken stop)
    {
        var (kind, name, size) = Parse(id);
        if (IsReady(id, places.Cache))
            return new PreparationResult(PathOf(id, places.Cache), new Dictionary<string, double>());
        if (kind == "base")
            return Pretrain(id, ProductBases.RecipeOf(name, size), places, observer, stop);

        var folder = new DataCache(places.Cache).Make(kind, Determinants(id), making =>
        {
            if (kind == "tokens")
                Tokenize(name, size, making, places.Cache, Tell, stop);
            else
                CorpusWriter.Write(making, Documentation.Value, CorpusRecipe.Of(size), Tell, stop);
        });
        return new PreparationResult(folder, new Dictionary<string, double>());

        void Tell(string phase, double share) => observer.Progressed((int)(100 * share), 100, phase);
    }

    /// <summary>Name of the preparation of the corpus at a size.</summary>
    internal static string Corpus(string size) => $"corpus/sdk@{size}";

    /// <summary>Opens the corpus in the vocabulary of a base.</summary>
    internal static TokenizedCorpus OpenCorpus(TaskSetting setting)
    {
        var (corpus, reader) = (PathOf(Corpus(setting.Size), setting.Cache), BaseFolder.PartsOf(setting.Base)[^1]);
        return new TokenizedCorpus(corpus, ProductBases.Find(reader) is not null
            ? corpus
            : PathOf($"tokens/{reader}@{setting.Size}", setting.Cache));
    }

    private static IEnumerable<string> NeedsOf(BaseRecipe recipe) => recipe.Corpus is { } corpus ? [corpus] : [];

    private static void Tokenize(string folder, string size, string making, string cache, Action<string, double> tell,
        CancellationToken stop)
    {
        var tokenizer = Path.Combine(making, Path.GetFileName(BaseFolder.TokenizerOf(folder)));
        File.Copy(BaseFolder.TokenizerOf(folder), tokenizer);
        var texts = File.ReadAllLines(Path.Combine(PathOf(Corpus(size), cache), CorpusFiles.Text));
        CorpusWriter.WriteTokens(making, texts, TextTokenizer.Load(tokenizer), tell, stop);
    }

    private static PreparationResult Pretrain(string id, BaseRecipe recipe, TrainingPlaces places, ITrainingObserver observer,
        CancellationToken stop)
    {
        var corpus = recipe.Corpus is { } needed ? PathOf(needed, places.Cache) : null;
        using var task = recipe.Task(corpus);
        using var model = ModelFolder.Create(recipe.Config, recipe.Seed, new Device(places.Device));
        using var everything = MethodCatalogue.Find("full").Method.Attach(model, [], new AttachContext { Seed = recipe.Seed });
        var result = new Trainer(everything, task, recipe.Training, recipe.Seed).Run(places, observer, stop)!; // never rests

        var folder = new DataCache(places.Cache).Make("base", Determinants(id), making =>
        {
            ModelFolder.Save(model, making);
            if (corpus is not null)
                File.Copy(Path.Combine(corpus, CorpusFiles.Tokenizer), Path.Combine(making, CorpusFiles.Tokenizer));
        });
        return new PreparationResult(folder, result.Metrics);
    }

    private static JsonObject Determinants(string id)
    {
        var (kind, name, size) = Parse(id);
        return kind switch
        {
            "corpus" => CorpusRecipe.Of(size).Determinants(Documentation.Value),
            "tokens" => new JsonObject
            {
                ["kind"] = "tokens",
                ["corpus"] = KeyOf(Corpus(size)),
                ["tokenizer"] = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(BaseFolder.TokenizerOf(name)))),
            },
            _ => ProductBases.RecipeOf(name, size).Determinants(KeyOf),
        };
    }

    private static (string Kind, string Name, string Size) Parse(string id)
    {
        var (slash, at) = (id.IndexOf('/'), id.LastIndexOf('@'));
        return slash > 0 && at > slash && id[..slash] is "corpus" or "tokens" or "base"
            ? (id[..slash], id[(slash + 1)..at], id[(at + 1)..])
            : throw new AdapterException($"There is no preparation '{id}'.");
    }
}

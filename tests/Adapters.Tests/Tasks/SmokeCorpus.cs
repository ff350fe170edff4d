using System.Text.Json.Nodes;
using Adapters.Models;
using Adapters.Pretraining;
using Adapters.Tasks;
using Adapters.Training;
using Xunit;

[assembly: AssemblyFixture(typeof(Adapters.Tests.Tasks.SmokeCorpus))]

namespace Adapters.Tests.Tasks;

/// <summary>A cache with the corpus of size smoke, made once for all tests, and bases with fresh weights: none is pretrained.</summary>
public sealed class SmokeCorpus : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Lazy<PreparationResult> _corpus;

    public SmokeCorpus() => _corpus = new(() => Preparations.Run("corpus/sdk@smoke",
        new TrainingPlaces { Cache = _folder.Path, Folder = _folder.File("attempt") }, new SilentObserver(), CancellationToken.None));

    /// <summary>The cache's folder.</summary>
    public string Cache => Path.GetDirectoryName(Path.GetDirectoryName(Corpus))!;

    /// <summary>The corpus' folder.</summary>
    public string Corpus => _corpus.Value.Folder;

    /// <summary>A task at size smoke.</summary>
    public LearningTask Task(string id, string baseModel, JsonObject? options = null) =>
        TaskCatalogue.Create(id, options ?? [], new TaskSetting("smoke", baseModel, Cache));

    /// <summary>A base of size smoke with fresh weights.</summary>
    public static BaseModel Base(string id)
    {
        var model = BaseFolder.PartsOf(id) is [var vision, var language]
            ? ModelFolder.Create(new JsonObject
            {
                ["model_type"] = "vision-language", ["vision_config"] = ConfigOf(vision), ["text_config"] = ConfigOf(language),
            }, seed: 3)
            : ModelFolder.Create(ConfigOf(id), seed: 3);
        model.eval();
        return model;

        static JsonObject ConfigOf(string id) => (JsonObject)ProductBases.RecipeOf(id, "smoke").Config.DeepClone();
    }

    public void Dispose() => _folder.Dispose();
}

using System.ComponentModel.DataAnnotations;
using Adapters.Models;
using Adapters.Pretraining;
using Adapters.Tasks.Data;
using Adapters.Tasks.Language;
using Adapters.Tasks.Metrics;
using Adapters.Tasks.Vision;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Tasks;

/// <summary>A quick general check: which XML tag a line of documentation comes from, or which of ten textures a picture shows.</summary>
/// <remarks>Text on language models, pictures on vision transformers. All classes are equally common.</remarks>
[LearningTask("classify", Families = ["llama", "mistral", "qwen2", "vit"], DefaultBase = "vit-tiny", Metric = "accuracy", Maximize = true,
    Metrics = ["accuracy", "macro_f1", "loss"])]
internal sealed class Classify(Classify.Options options, TaskSetting setting) : LearningTask
{
    public sealed record Options : ITaskOptions<Options>
    {
        /// <summary>Items to train on; fewer where there are not as many.</summary>
        [Range(10, 10_000_000)]
        public int TrainItems { get; init; } = 1000;

        /// <summary>Items of an evaluation.</summary>
        [Range(10, 1_000_000)]
        public int Items { get; init; } = 200;

        /// <summary>Tokens of a line that are read; means nothing to pictures.</summary>
        [Range(4, 100_000)]
        public int Length { get; init; } = 48;

        public static Options At(string size) => size switch
        {
            "smoke" => new() { TrainItems = 200, Items = 50, Length = 32 },
            "quickstart" => new(),
            _ => new() { TrainItems = 50_000, Items = 2000, Length = 128 },
        };
    }

    private const int ItemsAtOnce = 25;

    private readonly ILabelledItems _items = BaseFolder.ReadsText(BaseFolder.FamilyOf(setting.Base))
        ? new TaggedLines(Preparations.OpenCorpus(setting), options.Length)
        : new LabelledTextures();

    public override Metric Metric { get; } = new("accuracy", Maximize: true);

    public override bool BringsHead => _items is LabelledTextures;

    public override IReadOnlyList<string> Fit(BaseModel model) => _items.Fit(model);

    public override Tensor Loss(BaseModel model, long batch, int size, ulong seed)
    {
        using var scope = NewDisposeScope();
        var (random, count) = (SplitMix64.Of(seed, (ulong)batch), Math.Min(options.TrainItems, _items.Count(Split.Train)));
        var items = new int[size];
        for (var i = 0; i < size; i++)
            items[i] = random.Below(count);
        return CrossEntropy(_items.Logits(model, Split.Train, items), items).MoveToOuterDisposeScope();
    }

    public override IReadOnlyDictionary<string, double> Evaluate(BaseModel model, Split split, CancellationToken cancel)
    {
        var (confusion, loss) = (new Confusion(_items.Classes), 0.0);
        var count = Math.Min(options.Items, _items.Count(split));
        foreach (var items in Enumerable.Range(0, count).Chunk(ItemsAtOnce))
        {
            cancel.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var logits = _items.Logits(model, split, items);
            loss += items.Length * CrossEntropy(logits, items).item<float>();
            foreach (var (item, predicted) in items.Zip(logits.argmax(1).cpu().data<long>().ToArray()))
                confusion.Add((int)predicted, LabelOf(item));
        }
        return new Dictionary<string, double>
        {
            ["accuracy"] = confusion.Accuracy,
            ["macro_f1"] = confusion.MacroF1,
            ["loss"] = loss / count,
        };
    }

    public override void Dispose()
    {
        _items.Dispose();
        base.Dispose();
    }

    private Tensor CrossEntropy(Tensor logits, int[] items)
    {
        var labels = tensor(Array.ConvertAll(items, item => (long)LabelOf(item)), device: logits.device);
        return functional.cross_entropy(logits, labels);
    }

    private int LabelOf(int item) => item % _items.Classes;
}

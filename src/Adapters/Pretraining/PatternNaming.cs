using Adapters.Models;
using Adapters.Models.Vit;
using Adapters.Tasks;
using Adapters.Tasks.Data;
using Adapters.Tasks.Metrics;
using Adapters.Tasks.Vision;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Pretraining;

/// <summary>Naming regular patterns, new ones at every step: what a vision transformer is made by.</summary>
/// <param name="pixels">Height and width of a picture.</param>
internal sealed class PatternNaming(int pixels) : LearningTask
{
    private const int EvaluationPictures = 96;

    public override Metric Metric { get; } = new("accuracy", Maximize: true);

    public override IReadOnlyList<string> Fit(BaseModel model) => [];

    public override Tensor Loss(BaseModel model, long batch, int size, ulong seed)
    {
        using var scope = NewDisposeScope();
        return Ask(model, ShapePretraining.FreshNumbers(batch, size, seed)).Loss.MoveToOuterDisposeScope();
    }

    public override IReadOnlyDictionary<string, double> Evaluate(BaseModel model, Split split, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        using var scope = NewDisposeScope();
        var numbers = Enumerable.Range(0, EvaluationPictures).Select(item => PictureNumber.Of(split, item)).ToArray();
        var (logits, loss) = Ask(model, numbers);
        var confusion = new Confusion(Enum.GetValues<PatternKind>().Length);
        foreach (var (number, predicted) in numbers.Zip(logits.argmax(1).cpu().data<long>().ToArray()))
            confusion.Add((int)predicted, (int)KindOf(number));
        return new Dictionary<string, double> { ["accuracy"] = confusion.Accuracy, ["loss"] = loss.item<float>() };
    }

    private (Tensor Logits, Tensor Loss) Ask(BaseModel model, ulong[] numbers)
    {
        var pictures = new DrawnPictures(pixels, Normalisation.Vit,
            (number, image, _) => PatternImages.Draw(number, KindOf(number), pixels, image));
        var logits = ((VitModel)model).Logits(pictures.Pixels(numbers, model.Device));
        var labels = tensor(Array.ConvertAll(numbers, number => (long)KindOf(number)), device: model.Device);
        return (logits, functional.cross_entropy(logits, labels));
    }

    private static PatternKind KindOf(ulong number) => (PatternKind)(number % (ulong)Enum.GetValues<PatternKind>().Length);
}

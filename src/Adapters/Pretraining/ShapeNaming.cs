using Adapters.Models;
using Adapters.Models.Vit;
using Adapters.Tasks;
using Adapters.Tasks.Data;
using Adapters.Tasks.Metrics;
using Adapters.Tasks.Vision;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Pretraining;

/// <summary>Naming the one shape of a picture: what a vision transformer is made by.</summary>
/// <param name="pixels">Height and width of a picture in pixels.</param>
internal sealed class ShapeNaming(int pixels) : LearningTask
{
    private const int EvaluationPictures = 96;

    public override Metric Metric { get; } = new("accuracy", Maximize: true);

    public override IReadOnlyList<string> Fit(BaseModel model) => [];

    public override Tensor Loss(BaseModel model, long batch, int size, ulong seed)
    {
        using var scope = NewDisposeScope();
        var numbers = ShapePretraining.FreshNumbers(batch, size, seed);
        return functional.cross_entropy(Logits(model, numbers), tensor(Array.ConvertAll(numbers, Label), device: model.Device))
            .MoveToOuterDisposeScope();
    }

    public override IReadOnlyDictionary<string, double> Evaluate(BaseModel model, Split split, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        using var scope = NewDisposeScope();
        var numbers = Enumerable.Range(0, EvaluationPictures).Select(item => PictureNumber.Of(split, item)).ToArray();
        var confusion = new Confusion(Shape.Kinds);
        foreach (var (number, predicted) in numbers.Zip(Logits(model, numbers).argmax(1).cpu().data<long>().ToArray()))
            confusion.Add((int)predicted, (int)Label(number));
        return new Dictionary<string, double> { ["accuracy"] = confusion.Accuracy };
    }

    private static long Label(ulong number) => (long)(number % (ulong)Shape.Kinds);

    private Tensor Logits(BaseModel model, ulong[] numbers)
    {
        var pictures = new DrawnPictures(pixels, Normalisation.Vit,
            (number, image, _) => ShapeImages.DrawOne(number, (ShapeKind)Label(number), pixels, image));
        return ((VitModel)model).Logits(pictures.Pixels(numbers, model.Device));
    }
}

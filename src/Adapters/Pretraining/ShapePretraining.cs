using Adapters.Models;
using Adapters.Tasks;
using Adapters.Tasks.Data;
using Adapters.Tasks.Vision;
using static TorchSharp.torch;

namespace Adapters.Pretraining;

/// <summary>Outlining regular shapes, new ones at every step: what a segmentation base is made by.</summary>
/// <param name="pixels">Height and width of a picture in pixels.</param>
internal sealed class ShapePretraining(int pixels) : LearningTask
{
    private const int EvaluationPictures = 32;
    private readonly DrawnPictures _evaluated = Pictures(pixels);

    public override Metric Metric { get; } = new("dice", Maximize: true);

    public override IReadOnlyList<string> Fit(BaseModel model) => [];

    public override Tensor Loss(BaseModel model, long batch, int size, ulong seed)
    {
        using var scope = NewDisposeScope();
        var numbers = FreshNumbers(batch, size, seed);
        var drawn = Pictures(pixels); // each is seen once, so none is kept
        var logits = model.Segmenting("pretraining").MaskLogits(drawn.Pixels(numbers, model.Device));
        return MaskLoss.CrossEntropyAndDice(logits, drawn.Masks(numbers, model.Device)).MoveToOuterDisposeScope();
    }

    public override IReadOnlyDictionary<string, double> Evaluate(BaseModel model, Split split, CancellationToken cancel)
    {
        var numbers = Enumerable.Range(0, EvaluationPictures).Select(item => PictureNumber.Of(split, item)).ToArray();
        return Segmentation.Measure(model.Segmenting("pretraining"), _evaluated, numbers, MaskLoss.CrossEntropyAndDice, cancel);
    }

    /// <summary>Numbers that no evaluation uses.</summary>
    internal static ulong[] FreshNumbers(long batch, int size, ulong seed)
    {
        var random = SplitMix64.Of(seed, (ulong)batch);
        return [.. Enumerable.Range(0, size).Select(_ => random.Next() | (1UL << 63))];
    }

    private static DrawnPictures Pictures(int size) =>
        new(size, Normalisation.Sam, (number, image, mask) => ShapeImages.Draw(number, size, image, mask));
}

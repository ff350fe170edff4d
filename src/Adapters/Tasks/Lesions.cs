using System.ComponentModel.DataAnnotations;
using Adapters.Methods;
using Adapters.Models;
using Adapters.Tasks.Data;
using Adapters.Tasks.Vision;
using static TorchSharp.torch;

namespace Adapters.Tasks;

/// <summary>Outlines irregular blobs that differ from their surroundings by texture, as a drawn stand-in for medical images.</summary>
/// <remarks>
/// The mean contrast has a random sign, so local structure is what pays: Conv-LoRA's claim (Zhong et al. 2024,
/// arXiv:2401.17868). The answer is the decoder's single mask without prompts; the mask decoder is trained under every method.
/// </remarks>
[LearningTask("lesions", Families = ["sam"], DefaultBase = "sam-tiny", Metric = "dice", Maximize = true,
    Metrics = ["dice", "jaccard", "boundary_f", "loss"])]
internal sealed class Lesions(Lesions.Options options, TaskSetting setting) : LearningTask
{
    public sealed record Options : ITaskOptions<Options>
    {
        /// <summary>Pictures to train on.</summary>
        [Range(1, 1_000_000_000)]
        public int TrainImages { get; init; } = 160;

        /// <summary>Pictures that configurations are chosen on.</summary>
        [Range(1, 1_000_000_000)]
        public int ValidationImages { get; init; } = 40;

        /// <summary>Pictures that results are reported on.</summary>
        [Range(1, 1_000_000_000)]
        public int TestImages { get; init; } = 48;

        /// <summary>Height and width of the pictures in pixels, in whole patches of the base; what the base was pretrained on where
        /// absent. For others its positions are interpolated.</summary>
        [Range(8, 8192)]
        public int? ImageSize { get; init; }

        /// <summary>Cross-entropy and soft Dice, or the structure loss, which weighs outlines more.</summary>
        [AllowedValues("dice", "structure")]
        public string Loss { get; init; } = "dice";

        /// <summary>What is trained on: plain pictures, fine ones of small blobs, shifted ones in the dark, or all in turn.</summary>
        [AllowedValues("plain", "fine", "shifted", "mixture")]
        public string Domain { get; init; } = "plain";

        /// <summary>What is measured on, whatever is trained on.</summary>
        [AllowedValues("plain", "fine", "shifted", "mixture")]
        public string MeasuredOn { get; init; } = "plain";

        public static Options At(string size) => size switch
        {
            "smoke" => new() { TrainImages = 16, ValidationImages = 8, TestImages = 8 },
            "quickstart" => new(),
            _ => new() { TrainImages = 1600, ValidationImages = 200, TestImages = 400 },
        };
    }

    private readonly Func<Tensor, Tensor, Tensor> _loss = options.Loss == "structure" ? MaskLoss.Structure : MaskLoss.CrossEntropyAndDice;
    private DrawnPictures? _trained, _measured;

    public override Metric Metric { get; } = new("dice", Maximize: true);

    public override IReadOnlyList<string> Fit(BaseModel model)
    {
        var sam = model.Segmenting("lesions");
        var (height, width) = sam.Architecture.Vision.Image;
        if (height != width && options.ImageSize is null)
            throw new AdapterException("Task 'lesions' draws square pictures, "
                + $"but base '{setting.Base}' reads {height} by {width} pixels: set 'image_size'.");
        var (size, patch) = (options.ImageSize ?? height, sam.Architecture.Vision.Patch);
        if (size % patch.Height != 0 || size % patch.Width != 0)
            throw new AdapterException($"Option 'image_size' of task 'lesions' is {size}, but base '{setting.Base}' sees patches of "
                + $"{patch.Height} by {patch.Width} pixels: choose a multiple.");
        (_trained, _measured) = (Pictures(options.Domain), Pictures(options.MeasuredOn));
        return Segmentation.SingleMaskHead(sam);

        DrawnPictures Pictures(string domain) => new(size, Normalisation.Sam,
            (number, image, mask) => LesionImages.Draw(number, size, image, mask, LesionLook.Of(domain, number)));
    }

    public override Tensor Loss(BaseModel model, long batch, int size, ulong seed)
    {
        var pictures = Fitted(_trained);
        using var scope = NewDisposeScope();
        var random = SplitMix64.Of(seed, (ulong)batch);
        var numbers = new ulong[size];
        for (var i = 0; i < size; i++)
            numbers[i] = PictureNumber.Of(Split.Train, random.Below(options.TrainImages));
        var logits = model.Segmenting("lesions").MaskLogits(pictures.Pixels(numbers, model.Device));
        return _loss(logits, pictures.Masks(numbers, model.Device)).MoveToOuterDisposeScope();
    }

    public override IReadOnlyDictionary<string, double> Evaluate(BaseModel model, Split split, CancellationToken cancel)
    {
        var count = split switch
        {
            Split.Train => options.TrainImages,
            Split.Validation => options.ValidationImages,
            _ => options.TestImages,
        };
        var numbers = Enumerable.Range(0, count).Select(item => PictureNumber.Of(split, item)).ToArray();
        return Segmentation.Measure(model.Segmenting("lesions"), Fitted(_measured), numbers, _loss, cancel);
    }

    private static DrawnPictures Fitted(DrawnPictures? pictures) =>
        pictures ?? throw new InvalidOperationException("The task was not fitted to a model.");
}

using Adapters.Methods;
using Adapters.Models;
using Adapters.Models.Sam;
using Adapters.Tasks.Metrics;
using static TorchSharp.torch;

namespace Adapters.Tasks.Vision;

/// <summary>What tasks with masks share: the model they ask, and how its answers are measured.</summary>
internal static class Segmentation
{
    private const int PicturesAtOnce = 8, PixelsAtOnce = 8 * 256 * 256; // memory grows with them

    /// <summary>The model as one that gives masks.</summary>
    /// <exception cref="AdapterException">When it is of another kind.</exception>
    public static SamModel Segmenting(this BaseModel model, string task) => model as SamModel
        ?? throw new AdapterException($"Task '{task}' needs a Segment Anything model (sam), but the base is of family '{model.Family}'.");

    /// <summary>
    /// The parameters of the mask decoder that shape the single mask. The quality head and the networks of the other masks
    /// do not take part in it.
    /// </summary>
    public static IReadOnlyList<string> SingleMaskHead(SamModel model) =>
    [
        .. model.named_parameters().Select(pair => pair.name)
            .Where(name => name.StartsWith(SamModel.MaskDecoderPrefix, StringComparison.Ordinal))
            .Where(name => !name.Contains(".iou_prediction_head.", StringComparison.Ordinal))
            .Where(name => !name.Contains(".output_hypernetworks_mlps.", StringComparison.Ordinal)
                || name.Contains(".output_hypernetworks_mlps.0.", StringComparison.Ordinal)),
    ];

    /// <summary>Dice, Jaccard and boundary F of masks at probability one half, each the mean over pictures, and the loss.</summary>
    /// <param name="model">The model in evaluation mode.</param>
    /// <param name="pictures">Where pictures come from.</param>
    /// <param name="numbers">Numbers of the pictures.</param>
    /// <param name="loss">The loss of logits and masks.</param>
    /// <param name="cancel">Ends it early, by exception.</param>
    public static IReadOnlyDictionary<string, double> Measure(SamModel model, DrawnPictures pictures, IReadOnlyList<ulong> numbers,
        Func<Tensor, Tensor, Tensor> loss, CancellationToken cancel)
    {
        var width = pictures.Size;
        var tolerance = Math.Max(1, 2 * width / 64.0); // two pixels of 64
        var (dice, jaccard, boundary, losses) = (0.0, 0.0, 0.0, 0.0);
        foreach (var chunk in numbers.Chunk(Math.Clamp(PixelsAtOnce / (width * width), 1, PicturesAtOnce)))
        {
            cancel.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var logits = model.MaskLogits(pictures.Pixels(chunk, model.Device));
            losses += chunk.Length * loss(logits, pictures.Masks(chunk, model.Device)).item<float>();
            var inside = (logits > 0).cpu().data<bool>().ToArray();
            for (var i = 0; i < chunk.Length; i++)
            {
                var predicted = inside.AsSpan(i * inside.Length / chunk.Length, inside.Length / chunk.Length);
                var truth = Array.ConvertAll(pictures.Mask(chunk[i]), value => value != 0);
                dice += MaskAgreement.Dice(predicted, truth);
                jaccard += MaskAgreement.Jaccard(predicted, truth);
                boundary += MaskAgreement.BoundaryF(predicted, truth, width, tolerance);
            }
        }
        return new Dictionary<string, double>
        {
            ["dice"] = dice / numbers.Count,
            ["jaccard"] = jaccard / numbers.Count,
            ["boundary_f"] = boundary / numbers.Count,
            ["loss"] = losses / numbers.Count,
        };
    }
}

using static TorchSharp.torch;

namespace Adapters.Models.VisionLanguage;

/// <summary>A model of images whose encoder can be the eyes of a language model.</summary>
internal interface IImageEncoder
{
    /// <summary>Number of features c of a patch.</summary>
    long FeatureWidth { get; }

    /// <summary>Pixels of the images.</summary>
    (int Height, int Width) Image { get; }

    /// <summary>Rows and columns of patches in such an image.</summary>
    (int Height, int Width) Grid { get; }

    /// <summary>What the encoder makes of each patch.</summary>
    /// <param name="pixels">Normalised images <c>[batch, channels, height, width]</c>.</param>
    /// <returns><c>[batch, rows·columns, c]</c></returns>
    Tensor PatchFeatures(Tensor pixels);

    /// <summary>Takes away what only answers of its own need, such as a classifier; it must not be asked for those again.</summary>
    void DropHead();
}

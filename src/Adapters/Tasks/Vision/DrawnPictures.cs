using Adapters.Models;
using Adapters.Models.Sam;
using static TorchSharp.torch;

namespace Adapters.Tasks.Vision;

/// <summary>Pictures that are drawn when they are asked for and kept while they are few; each is a function of its number.</summary>
/// <param name="size">Height and width in pixels.</param>
/// <param name="normalisation">Mean and deviation that the base's images have, a channel.</param>
/// <param name="draw">Draws picture number n: image <c>[3, size, size]</c> in 0 to 1, and mask <c>[size, size]</c>.</param>
internal sealed class DrawnPictures(int size, Normalisation normalisation, Action<ulong, float[], byte[]> draw)
{
    private const long KeptBytes = 256L << 20;
    private readonly Dictionary<ulong, (float[] Pixels, byte[] Mask)> _kept = [];

    /// <summary>Height and width in pixels.</summary>
    public int Size => size;

    /// <summary>Normalised pixels of some pictures.</summary>
    /// <returns><c>[batch, 3, size, size]</c></returns>
    public Tensor Pixels(IReadOnlyList<ulong> numbers, Device device)
    {
        var batch = new float[numbers.Count * 3 * size * size];
        for (var i = 0; i < numbers.Count; i++)
            Picture(numbers[i]).Pixels.CopyTo(batch, i * 3 * size * size);
        return tensor(batch, [numbers.Count, 3, size, size], device: device);
    }

    /// <summary>Masks of some pictures, 1 inside.</summary>
    /// <returns><c>[batch, size, size]</c></returns>
    public Tensor Masks(IReadOnlyList<ulong> numbers, Device device)
    {
        var batch = new float[numbers.Count * size * size];
        for (var i = 0; i < numbers.Count; i++)
            Array.ConvertAll(Mask(numbers[i]), inside => (float)inside).CopyTo(batch, i * size * size);
        return tensor(batch, [numbers.Count, size, size], device: device);
    }

    /// <summary>The mask of a picture.</summary>
    public byte[] Mask(ulong number) => Picture(number).Mask;

    private (float[] Pixels, byte[] Mask) Picture(ulong number)
    {
        if (_kept.TryGetValue(number, out var known))
            return known;
        var (pixels, mask) = (new float[3 * size * size], new byte[size * size]);
        draw(number, pixels, mask);
        for (var i = 0; i < pixels.Length; i++)
            pixels[i] = (pixels[i] - normalisation.Mean[i / (size * size)]) / normalisation.Deviation[i / (size * size)];
        if ((_kept.Count + 1L) * (13L * size * size) <= KeptBytes)
            _kept[number] = (pixels, mask);
        return (pixels, mask);
    }
}

/// <summary>What is subtracted from and divided out of pixels in 0 to 1, a channel.</summary>
internal sealed record Normalisation(float[] Mean, float[] Deviation)
{
    /// <summary>ImageNet's statistics, which SAM was trained with.</summary>
    public static Normalisation Sam { get; } = new([0.485f, 0.456f, 0.406f], [0.229f, 0.224f, 0.225f]);

    /// <summary>That of a family of models.</summary>
    public static Normalisation Of(BaseModel model) => model is SamModel ? Sam : Vit;

    /// <summary>To -1 … 1, which the published vision transformers were trained with.</summary>
    public static Normalisation Vit { get; } = new([0.5f, 0.5f, 0.5f], [0.5f, 0.5f, 0.5f]);
}

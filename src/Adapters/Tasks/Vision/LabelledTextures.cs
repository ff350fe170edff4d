using Adapters.Methods;
using Adapters.Models;
using Adapters.Models.Vit;
using Adapters.Tasks.Data;
using static TorchSharp.torch;

namespace Adapters.Tasks.Vision;

/// <summary>Textures of ten classes for a vision transformer, whose classifier is replaced and trained under every method.</summary>
internal sealed class LabelledTextures : ILabelledItems
{
    private DrawnPictures? _pictures;

    public int Classes => TextureImages.Classes;

    public int Count(Split split) => int.MaxValue;

    public IReadOnlyList<string> Fit(BaseModel model)
    {
        var vit = Vit(model);
        vit.ReplaceClassifier(Classes, seed: 1);
        var size = vit.Architecture.Image.Height;
        _pictures = new DrawnPictures(size, Normalisation.Vit,
            (number, image, _) => TextureImages.Draw(number, (int)(number % (ulong)Classes), size, image));
        return ["classifier.weight", "classifier.bias"];
    }

    public Tensor Logits(BaseModel model, Split split, IReadOnlyList<int> items)
    {
        using var scope = NewDisposeScope();
        var numbers = items.Select(item => PictureNumber.Of(split, item)).ToArray();
        return Vit(model).Logits(_pictures!.Pixels(numbers, model.Device)).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
    }

    private static VitModel Vit(BaseModel model) => model as VitModel
        ?? throw new AdapterException("Task 'classify' needs a vision transformer (vit) for pictures, "
            + $"but the base is of family '{model.Family}'.");
}

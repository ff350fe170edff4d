using Adapters.Models;
using static TorchSharp.torch;

namespace Adapters.Tasks;

/// <summary>Items of as many classes, equally common: item i of any split is of class i mod <see cref="Classes"/>.</summary>
internal interface ILabelledItems : IDisposable
{
    /// <summary>Number of classes.</summary>
    int Classes { get; }

    /// <summary>Number of items in a split.</summary>
    int Count(Split split);

    /// <summary>Gives the model a head for the classes, where it needs one, and names its parameters.</summary>
    IReadOnlyList<string> Fit(BaseModel model);

    /// <summary>A model's answers.</summary>
    /// <returns><c>[items, classes]</c></returns>
    Tensor Logits(BaseModel model, Split split, IReadOnlyList<int> items);
}

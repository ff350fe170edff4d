using Adapters.Mechanisms;
using static TorchSharp.torch;

namespace Adapters.Models;

/// <summary>
/// A stretch of a base model that takes features to as many: a block, or the feed-forward part of one. Adapters can stand around it, as
/// they can around a <see cref="Site"/>; it has no weights of its own.
/// </summary>
/// <param name="name">Its full name, such as <c>model.layers.0.mlp</c>.</param>
/// <param name="width">Number of features of a token.</param>
public sealed class ModelPart(string name, long width)
{
    private readonly List<PartAdapter> _adapters = [];

    /// <summary>Its full name, such as <c>model.layers.0.mlp</c>.</summary>
    public string Name { get; private set; } = name;

    /// <summary>Number of features of a token.</summary>
    public long Width => width;

    /// <summary>The attached adapters, each around those before it.</summary>
    public IReadOnlyList<PartAdapter> Adapters => _adapters;

    /// <summary>To be called where its model becomes a part of another: names are those of the whole.</summary>
    internal void NameWithin(string prefix) => Name = prefix + Name;

    /// <summary>Attaches an adapter, outside those that are there.</summary>
    public void Put(PartAdapter adapter) => _adapters.Add(adapter);

    /// <summary>Takes an adapter off.</summary>
    public void Remove(PartAdapter adapter) => _adapters.Remove(adapter);

    /// <summary>The part with its adapters.</summary>
    /// <param name="x">Its input <c>[..., width]</c>.</param>
    /// <param name="bare">What the base computes of it.</param>
    internal Tensor Run(Tensor x, Func<Tensor, Tensor> bare)
    {
        return Through(_adapters.Count, x);

        Tensor Through(int adapters, Tensor input) => adapters == 0
            ? bare(input)
            : _adapters[adapters - 1].Forward(input, inner => Through(adapters - 1, inner));
    }
}

/// <summary>What adapters can stand around in a transformer block.</summary>
/// <param name="Whole">All of it.</param>
/// <param name="FeedForward">Its feed-forward part, between the norm before it and the sum behind it.</param>
public sealed record ModelBlock(ModelPart Whole, ModelPart FeedForward)
{
    /// <summary>A block of that name.</summary>
    internal static ModelBlock Of(string name, long width) => new(new ModelPart(name, width), new ModelPart($"{name}.mlp", width));
}

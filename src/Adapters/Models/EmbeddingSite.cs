using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models;

/// <summary>A table of vectors, one for each token. The padding token's vector, where there is one, is not trained.</summary>
public sealed class EmbeddingSite : Site
{
    private readonly long? _padding;

    /// <summary>Makes the layer with weights that are yet to be loaded or initialised.</summary>
    /// <param name="vocabulary">Number of tokens.</param>
    /// <param name="size">Number of features of a token's vector.</param>
    /// <param name="padding">The token that stands for none, or null.</param>
    /// <param name="device">Where the weights lie.</param>
    public EmbeddingSite(long vocabulary, long size, long? padding, Device? device = null) : base(nameof(EmbeddingSite))
    {
        _padding = padding;
        register_parameter("weight", Weight = Parameter(zeros(vocabulary, size, device: device)));
    }

    /// <summary>The table <c>[vocabulary, hidden]</c>.</summary>
    public override Parameter Weight { get; }

    /// <inheritdoc/>
    public override string Kind => "an embedding";

    /// <summary>The vocabulary.</summary>
    public override long Inputs => Weight.shape[0];

    /// <inheritdoc/>
    public override long Outputs => Weight.shape[1];

    /// <param name="x">Tokens: integers <c>[batch, seq]</c>.</param>
    /// <param name="weight"><c>[vocabulary, any]</c></param>
    /// <param name="bias"><c>[any]</c> or null.</param>
    /// <returns><c>[batch, seq, any]</c></returns>
    public override Tensor Apply(Tensor x, Tensor weight, Tensor? bias = null)
    {
        using var scope = NewDisposeScope();
        var flat = x.reshape(-1);
        var rows = weight.index_select(0, flat);
        if (_padding is { } padding && rows.requires_grad)
            rows = rows.where((flat != padding).unsqueeze(1), rows.detach());
        if (bias is not null)
            rows = rows + bias;
        return rows.view([.. x.shape, weight.shape[1]]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Matrix(Tensor weight) => weight.t();

    /// <inheritdoc/>
    public override Tensor Shape(Tensor matrix) => matrix.t();

    /// <inheritdoc/>
    public override Tensor Cast(Tensor x, ScalarType precision) => x;
}

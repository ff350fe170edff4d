using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models.Layers;

/// <summary>A table of vectors, one for each token. The padding token's vector, where there is one, is not trained.</summary>
internal sealed class TokenEmbedding : Module<Tensor, Tensor>
{
    private readonly long? _padding;

    /// <summary>The table <c>[vocabulary, hidden]</c>.</summary>
    public Parameter Weight { get; }

    public TokenEmbedding(long vocabulary, long size, long? padding, Device? device) : base(nameof(TokenEmbedding))
    {
        _padding = padding;
        register_parameter("weight", Weight = Parameter(zeros(vocabulary, size, device: device)));
    }

    /// <param name="tokens">Integers <c>[batch, seq]</c>.</param>
    /// <returns><c>[batch, seq, hidden]</c></returns>
    public override Tensor forward(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        var flat = tokens.reshape(-1);
        var rows = Weight.index_select(0, flat);
        if (_padding is { } padding && rows.requires_grad)
            rows = rows.where((flat != padding).unsqueeze(1), rows.detach());
        return rows.view([.. tokens.shape, Weight.shape[1]]).MoveToOuterDisposeScope();
    }

    protected override void RegisterComponents() { }
}

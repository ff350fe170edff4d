using Adapters.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models.Causal;

/// <summary>Embedding, blocks and final norm: what the files call <c>model</c>.</summary>
internal sealed class CausalTrunk : Module
{
    private readonly ModuleList<CausalBlock> _layers;
    private readonly RmsNorm _norm;

    /// <summary>The token table.</summary>
    public EmbeddingSite Embedding { get; }

    /// <summary>What adapters can stand around, block by block.</summary>
    public IReadOnlyList<ModelBlock> Blocks => [.. _layers.Select(layer => layer.Parts)];

    public CausalTrunk(CausalConfig config, Device? device) : base(nameof(CausalTrunk))
    {
        _layers = new([.. Enumerable.Range(0, config.Layers).Select(layer => new CausalBlock(config, layer, device))]);
        register_module("embed_tokens", Embedding = new EmbeddingSite(config.Vocabulary, config.Hidden, config.PaddingToken, device));
        register_module("layers", _layers);
        register_module("norm", _norm = new RmsNorm(config.Hidden, config.NormEpsilon, device));
    }

    /// <summary>Runs the blocks.</summary>
    /// <param name="tokens"><c>[batch, seq]</c></param>
    /// <param name="pass">What the blocks share.</param>
    /// <param name="each">Is given the embeddings, each block's output but the last, and the final norm's output.</param>
    /// <param name="prefix">Embeddings that stand before the tokens <c>[batch, prefix, hidden]</c>, or null.</param>
    /// <returns>The final norm's output <c>[batch, prefix + seq, hidden]</c>.</returns>
    public Tensor Run(Tensor tokens, ForwardPass pass, Action<Tensor>? each = null, Tensor? prefix = null)
    {
        using var scope = NewDisposeScope();
        var x = Embedding.call(tokens);
        if (prefix is not null)
            x = cat([prefix.to(x.dtype), x], 1);
        foreach (var layer in _layers)
        {
            each?.Invoke(x);
            x = layer.call(x, pass);
        }
        x = _norm.call(x);
        each?.Invoke(x);
        return x.MoveToOuterDisposeScope();
    }

    protected override void RegisterComponents() { }
}

using Adapters.Models.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models.Vit;

/// <summary>One block: <c>x += attention(norm(x))</c>, then <c>x += feed-forward(norm(x))</c>.</summary>
internal sealed class VitBlock : Module<Tensor, Tensor>
{
    private readonly VitConfig _config;
    private readonly LinearSite _query, _key, _value, _attended, _wide, _narrow;
    private readonly AffineNorm _before, _after;
    private readonly Func<Tensor, Tensor> _activation;

    /// <summary>What adapters can stand around.</summary>
    public ModelBlock Parts { get; }

    public VitBlock(VitConfig config, int block, Device? device) : base(nameof(VitBlock))
    {
        Parts = ModelBlock.Of($"vit.encoder.layer.{block}", config.Hidden);
        _config = config;
        _activation = ActivationFunction.Called(config.Activation);
        _query = new LinearSite(config.Hidden, config.Hidden, config.QueryKeyValueBias, device);
        _key = new LinearSite(config.Hidden, config.Hidden, config.QueryKeyValueBias, device);
        _value = new LinearSite(config.Hidden, config.Hidden, config.QueryKeyValueBias, device);
        _attended = new LinearSite(config.Hidden, config.Hidden, hasBias: true, device);
        _wide = new LinearSite(config.Hidden, config.Intermediate, hasBias: true, device);
        _narrow = new LinearSite(config.Intermediate, config.Hidden, hasBias: true, device);
        register_module("attention", new Container(
            ("attention", new Container(("query", _query), ("key", _key), ("value", _value))),
            ("output", new Container(("dense", _attended)))));
        register_module("intermediate", new Container(("dense", _wide)));
        register_module("output", new Container(("dense", _narrow)));
        register_module("layernorm_before", _before = new AffineNorm(config.Hidden, config.NormEpsilon, device));
        register_module("layernorm_after", _after = new AffineNorm(config.Hidden, config.NormEpsilon, device));
    }

    /// <param name="x"><c>[batch, tokens, hidden]</c></param>
    public override Tensor forward(Tensor x) => Parts.Whole.Run(x, Compute);

    protected override void RegisterComponents() { }

    private Tensor Compute(Tensor x)
    {
        using var scope = NewDisposeScope();
        x = x + Dropped(Attention(_before.call(x)));
        return (x + Dropped(Parts.FeedForward.Run(_after.call(x), FeedForward))).MoveToOuterDisposeScope();
    }

    private Tensor FeedForward(Tensor x) => _narrow.call(_activation(_wide.call(x)));

    private Tensor Attention(Tensor x)
    {
        var (query, key, value) = (Heads(_query.call(x)), Heads(_key.call(x)), Heads(_value.call(x)));
        var dropout = training ? _config.AttentionDropout : 0;
        var attended = functional.scaled_dot_product_attention(query, key, value, p: dropout);
        return _attended.call(attended.transpose(1, 2).reshape(x.shape));
    }

    /// <summary><c>[batch, tokens, hidden]</c> to <c>[batch, heads, tokens, width]</c>.</summary>
    private Tensor Heads(Tensor x) =>
        x.view(x.shape[0], x.shape[1], _config.Heads, _config.Hidden / _config.Heads).transpose(1, 2);

    private Tensor Dropped(Tensor x) => functional.dropout(x, _config.HiddenDropout, training);
}

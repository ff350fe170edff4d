using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models.Sam;

/// <summary>Self-attention over a grid of tokens, with a bias by relative row plus one by relative column.</summary>
internal sealed class SamVisionAttention : Module<Tensor, Tensor>
{
    private readonly SamVisionConfig _config;
    private readonly LinearSite _qkv, _projection;
    private readonly Parameter? _rows, _columns; // [2·size - 1, width of a head]

    public SamVisionAttention(SamVisionConfig config, int block, Device? device) : base(nameof(SamVisionAttention))
    {
        _config = config;
        if (config.RelativePositions)
        {
            var (height, width) = config.AttendedBy(block);
            register_parameter("rel_pos_h", _rows = Table(height));
            register_parameter("rel_pos_w", _columns = Table(width));
        }
        register_module("qkv", _qkv = new LinearSite(config.Hidden, 3 * config.Hidden, config.QueryKeyValueBias, device));
        _qkv.Fuse("q", "k", "v");
        register_module("proj", _projection = new LinearSite(config.Hidden, config.Hidden, hasBias: true, device));

        Parameter Table(int size) => Parameter(zeros((2 * size) - 1, config.Hidden / config.Heads, device: device));
    }

    /// <param name="x"><c>[batch, height, width, hidden]</c></param>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var (batch, height, width, hidden) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3]);
        var qkv = _qkv.call(x).view(batch, height * width, 3, _config.Heads, hidden / _config.Heads).permute(2, 0, 3, 1, 4);
        var (q, k, v) = (qkv[0], qkv[1], qkv[2]); // [batch, heads, height·width, width of a head]
        var dropout = training ? _config.AttentionDropout : 0;
        var attended = _rows is null
            ? functional.scaled_dot_product_attention(q, k, v, p: dropout)
            : functional.dropout(Weights(q, k, height, width), dropout, training).matmul(v);
        return _projection.call(attended.transpose(1, 2).reshape(x.shape)).MoveToOuterDisposeScope();
    }

    protected override void RegisterComponents() { }

    /// <summary>Attention weights <c>[batch, heads, height·width, height·width]</c>. The bias is of the unscaled query.</summary>
    private Tensor Weights(Tensor q, Tensor k, long height, long width)
    {
        var (batch, heads, count, d) = (q.shape[0], q.shape[1], q.shape[2], q.shape[3]);
        var grid = q.reshape(batch, heads, height, width, d);
        var ofRows = grid.matmul(RelativePositions.Lookup(_rows!, height, height).transpose(1, 2)); // [.., height, width, keys' rows]
        var ofColumns = grid.transpose(2, 3).matmul(RelativePositions.Lookup(_columns!, width, width).transpose(1, 2))
            .transpose(2, 3); // [.., height, width, keys' columns]

        var scores = (q * Math.Pow(d, -0.5)).matmul(k.transpose(2, 3)).view(batch, heads, height, width, height, width);
        scores = scores + ofRows.unsqueeze(-1) + ofColumns.unsqueeze(-2);
        return functional.softmax(scores.view(batch, heads, count, count), -1);
    }
}

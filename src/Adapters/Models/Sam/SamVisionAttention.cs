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
            : Biased(q, k, v, height, width, dropout);
        return _projection.call(attended.transpose(1, 2).reshape(x.shape)).MoveToOuterDisposeScope();
    }

    protected override void RegisterComponents() { }

    /// <summary>
    /// The bias of a query and a key is what the query has for the key's row, plus what it has for its column. As further features of
    /// the query, which the key picks from by ones, it is part of their product, so that attention never holds a matrix of all pairs.
    /// It is of the unscaled query.
    /// </summary>
    private Tensor Biased(Tensor q, Tensor k, Tensor v, long height, long width, double dropout)
    {
        var (batch, heads, count, d) = (q.shape[0], q.shape[1], q.shape[2], q.shape[3]);
        var grid = q.reshape(batch, heads, height, width, d);
        var ofRows = grid.matmul(RelativePositions.Lookup(_rows!, height, height).transpose(1, 2)); // [.., height, width, keys' rows]
        var ofColumns = grid.transpose(2, 3).matmul(RelativePositions.Lookup(_columns!, width, width).transpose(1, 2))
            .transpose(2, 3); // [.., height, width, keys' columns]
        var bias = cat([ofRows, ofColumns], -1).flatten(2, 3);

        var rows = eye(height, dtype: q.dtype, device: q.device).repeat_interleave(width, 0);
        var columns = eye(width, dtype: q.dtype, device: q.device).repeat(height, 1);
        var picks = cat([rows, columns], 1).expand(batch, heads, count, height + width);

        var scale = Math.Sqrt(d + height + width); // by which the product is divided
        var query = cat([q * (scale / Math.Sqrt(d)), bias * scale], -1);
        var padded = functional.pad(v, [0, height + width]); // the fused kernels take values as wide as keys
        return functional.scaled_dot_product_attention(query, cat([k, picks], -1), padded, p: dropout).narrow(-1, 0, d);
    }
}

using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models.Causal;

/// <summary>
/// The mean cross-entropy behind a linear output layer, computed a few rows at a time together with its gradients, so
/// that neither logits nor their gradients <c>[tokens, vocabulary]</c> ever exist whole.
/// </summary>
internal sealed class ChunkedCrossEntropy : autograd.SingleTensorFunction<ChunkedCrossEntropy>
{
    private const long LogitsAtOnce = 1 << 20; // 4 MiB: larger gains nothing, and much smaller loses

    /// <inheritdoc/>
    public override string Name => nameof(ChunkedCrossEntropy);

    /// <summary>The mean over the rows whose target counts.</summary>
    /// <param name="hidden"><c>[tokens, hidden]</c></param>
    /// <param name="weight"><c>[vocabulary, hidden]</c></param>
    /// <param name="targets"><c>[tokens]</c>; <see cref="NextTokenLoss.Ignored"/> does not count.</param>
    public static Tensor Mean(Tensor hidden, Tensor weight, Tensor targets) => apply(hidden, weight, targets, is_grad_enabled());

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        using var scope = NewDisposeScope();
        var (hidden, weight, targets) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2]);
        var differentiate = (bool)vars[3];
        var ofHidden = differentiate && hidden.requires_grad ? empty_like(hidden) : null;
        var ofWeight = differentiate && weight.requires_grad ? zeros_like(weight) : null;

        var counts = targets != NextTokenLoss.Ignored;
        var share = counts.to(hidden.dtype) / counts.sum(); // [tokens]: what a row adds to the mean
        var classes = targets.masked_fill(counts.logical_not(), 0).unsqueeze(1);
        var loss = zeros(1, dtype: hidden.dtype);
        var step = Math.Max(64, LogitsAtOnce / weight.shape[0]);
        for (var start = 0L; start < hidden.shape[0]; start += step)
        {
            using var inner = NewDisposeScope();
            var count = Math.Min(step, hidden.shape[0] - start);
            var (rows, row, shares) = (hidden.narrow(0, start, count), classes.narrow(0, start, count), share.narrow(0, start, count));
            var logits = functional.log_softmax(rows.matmul(weight.t()), 1);
            loss.sub_((logits.gather(1, row).squeeze(1) * shares).sum());
            if (ofHidden is null && ofWeight is null)
                continue;

            var gradient = logits.exp_().scatter_add_(1, row, full_like(row, -1, dtype: hidden.dtype)).mul_(shares.unsqueeze(1));
            ofHidden?.narrow(0, start, count).copy_(gradient.matmul(weight));
            ofWeight?.addmm_(gradient.t(), rows);
        }
        ctx.save_for_backward([Kept(ofHidden), Kept(ofWeight)]);
        return loss.squeeze(0).MoveToOuterDisposeScope();

        static Tensor Kept(Tensor? gradient) => gradient?.MoveToOuterDisposeScope()!;
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var gradients = ctx.get_saved_variables();
        return [gradients[0]?.mul(grad_output)!, gradients[1]?.mul(grad_output)!, null!, null!];
    }
}

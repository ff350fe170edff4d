using Adapters.Mechanisms;
using static TorchSharp.torch;

namespace Adapters.Models;

/// <summary>
/// One of the projections that lie side by side in a fused layer, such as the queries of <c>qkv</c>: rows of its weight, which can be
/// adapted alone as any layer can. What is put on it stands around the whole, in one order with what is put on that.
/// </summary>
/// <remarks>Hu et al. adapt parts of a fused layer so: <c>MergedLinear</c> of microsoft/LoRA.</remarks>
public sealed class LinearPart : LinearSite
{
    private readonly LinearSite _whole;

    internal LinearPart(LinearSite whole, string name, long first, long outputs) : base(nameof(LinearPart)) =>
        (_whole, Name, First, Outputs) = (whole, name, first, outputs);

    /// <summary>What it is called within the layer: <c>q</c>.</summary>
    public string Name { get; }

    /// <summary>The first of its outputs among those of the whole.</summary>
    public long First { get; }

    /// <inheritdoc/>
    public override Site Whole => _whole;

    /// <summary>The rows <c>[out, in]</c>: a view, in the dispose scope of who asks.</summary>
    public override Tensor Weight => RowsOf(_whole.Weight);

    /// <summary>Its share of the bias, likewise.</summary>
    public override Tensor? Bias => _whole.Bias is { } bias ? RowsOf(bias) : null;

    /// <inheritdoc/>
    public override string Kind => "a part of a linear layer";

    /// <inheritdoc/>
    public override long Inputs => _whole.Inputs;

    /// <inheritdoc/>
    public override long Outputs { get; }

    /// <inheritdoc/>
    public override bool Tied => _whole.Tied;

    /// <inheritdoc/>
    public override ScalarType Precision => _whole.Precision;

    /// <summary>The adapters at work beside it, those of the whole included.</summary>
    public override IReadOnlyList<SiteAdapter> Adapters => [.. _whole.Adapters.Where(Concerns)];

    /// <summary>The adapters attached to it, those of the whole included.</summary>
    public override IReadOnlyList<SiteAdapter> Attached => [.. _whole.Attached.Where(Concerns)];

    /// <inheritdoc/>
    public override void Put(SiteAdapter adapter) => _whole.Put(adapter);

    /// <inheritdoc/>
    public override void Remove(SiteAdapter adapter) => _whole.Remove(adapter);

    /// <summary>The part with its adapters.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return _whole.Through(_whole.Adapters.Count, x, this).MoveToOuterDisposeScope();
    }

    internal override void Arrange() => _whole.Arrange();

    /// <summary>Of what has a row for each output of the whole, its own.</summary>
    /// <param name="whole"><c>[out of the whole, ...]</c></param>
    internal override Tensor RowsOf(Tensor whole) => whole.narrow(0, First, Outputs);

    /// <summary>Of an output of the whole, its own features.</summary>
    /// <param name="y"><c>[..., out of the whole]</c></param>
    internal Tensor OutputsOf(Tensor y) => y.narrow(-1, First, Outputs);

    private protected override LayerWeights Fold(SiteAdapter adapter, LayerWeights whole)
    {
        var own = new LayerWeights(RowsOf(whole.Matrix), whole.Bias is null ? null : RowsOf(whole.Bias));
        var folded = adapter.FoldWeighted(own);
        return new LayerWeights(Replaced(whole.Matrix, folded.Matrix),
            ReferenceEquals(folded.Bias, own.Bias) ? whole.Bias : Replaced(whole.Bias!, folded.Bias!));

        Tensor Replaced(Tensor all, Tensor rows)
        {
            var replaced = all.clone();
            RowsOf(replaced).copy_(rows);
            return replaced;
        }
    }

    private bool Concerns(SiteAdapter adapter) => adapter.Site == this || adapter.Site == _whole;
}

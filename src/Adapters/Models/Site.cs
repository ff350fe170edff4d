using Adapters.Mechanisms;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models;

/// <summary>
/// A layer of a base model to which adapters can be attached. Whatever its kind, adapters see it as a matrix
/// <c>[out, in]</c>: a convolution's inputs are the pixels beneath its kernel, an embedding's the tokens.
/// </summary>
public abstract class Site(string name) : Module<Tensor, Tensor>(name)
{
    private readonly List<SiteAdapter> _attached = [];
    private SiteAdapter[] _working = [];
    private (Tensor Weight, Tensor? Bias)? _own; // as they were before anything was folded into them
    private bool _isBiasFolded;

    /// <summary>The weight, in the shape that files hold it in.</summary>
    public abstract Tensor Weight { get; }

    /// <summary>The bias <c>[out]</c>, or null.</summary>
    public virtual Tensor? Bias => null;

    /// <summary>What messages call such a layer: <c>a linear layer</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>Number of columns of the matrix.</summary>
    public abstract long Inputs { get; }

    /// <summary>Number of rows of the matrix, which is the number of output features.</summary>
    public abstract long Outputs { get; }

    /// <summary>
    /// Whether the weight is another layer's too (an output layer that shares the embedding's): to change it is to change both.
    /// </summary>
    public virtual bool Tied => false;

    /// <summary>The layer whose weights these are, of which this may be a part; itself where it is none.</summary>
    public virtual Site Whole => this;

    /// <summary>What of it can be adapted alone, in the order of the outputs, all of which are in one; empty where nothing is.</summary>
    public virtual IReadOnlyList<LinearPart> Parts => [];

    /// <summary>The adapters at work beside the layer and its parts, each around what those before it make of them: neither switched
    /// off nor merged. They are no submodules: the base's parameters stay the base's.</summary>
    public virtual IReadOnlyList<SiteAdapter> Adapters => _working;

    /// <summary>All attached adapters, in the order in which they were attached.</summary>
    public virtual IReadOnlyList<SiteAdapter> Attached => _attached;

    /// <summary>What adapters of the layer compute in, whatever it is stored in: float32, or float64 where the layer does.</summary>
    public virtual ScalarType Precision => Layers.Precision.Of(Weight);

    /// <summary>Attaches an adapter, outside those that are there.</summary>
    public virtual void Put(SiteAdapter adapter)
    {
        adapter.train(training);
        _attached.Add(adapter);
        Arrange();
    }

    /// <summary>Takes an adapter off.</summary>
    public virtual void Remove(SiteAdapter adapter)
    {
        adapter.IsMerged = false;
        _attached.Remove(adapter);
        Arrange();
    }

    /// <summary>
    /// Puts to work what is switched on, and makes weight and bias anew: what they were, with all merged adapters folded in, in the
    /// order in which they were attached. So the bits do not hang on the order of merging, and without a merge are the base's.
    /// </summary>
    internal virtual void Arrange()
    {
        _working = [.. _attached.Where(adapter => adapter is { IsMerged: false, Weight: not 0 })];
        var merged = _attached.Where(adapter => adapter.IsMerged).ToList();
        if (merged.Count == 0 && _own is null)
            return;

        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        if (_own is { } kept)
            Weight.copy_(kept.Weight); // what is folded may read it
        var own = _own ??= (Copy(Weight)!, Copy(Bias));
        var start = new LayerWeights(Matrix(own.Weight).to(Precision), own.Bias?.to(Precision));
        var folded = merged.Where(adapter => adapter.Weight != 0).Aggregate(start, (layer, adapter) => adapter.Site.Fold(adapter, layer));
        Weight.copy_(Shape(folded.Matrix));
        if (_isBiasFolded || !ReferenceEquals(folded.Bias, start.Bias)) // else a bias in training stays what it is
            Bias!.copy_(folded.Bias!);
        _isBiasFolded = merged.Count > 0 && !ReferenceEquals(folded.Bias, start.Bias);
        if (merged.Count > 0)
            return;
        own.Weight.Dispose();
        own.Bias?.Dispose();
        _own = null;

        static Tensor? Copy(Tensor? tensor) => tensor?.clone().detach().DetachFromDisposeScope();
    }

    /// <summary>The layer's function of an input, with the given weights in place of its own.</summary>
    /// <param name="x">The layer's input.</param>
    /// <param name="weight">Of the layer's shape but for the number of outputs.</param>
    /// <param name="bias">One number an output, or null.</param>
    public abstract Tensor Apply(Tensor x, Tensor weight, Tensor? bias = null);

    /// <summary>A weight as the matrix <c>[out, in]</c>.</summary>
    public abstract Tensor Matrix(Tensor weight);

    /// <summary>A matrix <c>[any, in]</c> as a weight with that many outputs.</summary>
    public abstract Tensor Shape(Tensor matrix);

    /// <summary>Of what has a row for each output of the layer that this is a part of, its own.</summary>
    internal virtual Tensor RowsOf(Tensor whole) => whole;

    /// <summary>An input in the precision that an adapter computes in; tokens are what they are.</summary>
    public virtual Tensor Cast(Tensor x, ScalarType precision) => x.to(precision);

    /// <summary>Takes features of an output to others: <paramref name="matrix"/> times those of <paramref name="h"/>.</summary>
    /// <param name="h">An output of <see cref="Apply"/>, of <c>k</c> features.</param>
    /// <param name="matrix"><c>[out, k]</c></param>
    public virtual Tensor MixOutputs(Tensor h, Tensor matrix) => functional.linear(h, matrix);

    /// <summary><c>y + s·matrix·h</c>, of y's precision.</summary>
    /// <param name="y">An output of the layer.</param>
    /// <param name="h">An output of <see cref="Apply"/>, of <c>k</c> features.</param>
    /// <param name="matrix"><c>[out, k]</c></param>
    /// <param name="scale">s</param>
    public virtual Tensor AddMixed(Tensor y, Tensor h, Tensor matrix, double scale) =>
        y.to(matrix.dtype).add(MixOutputs(h, matrix), scale).to(y.dtype);

    /// <summary>An output of the layer in the precision of adapters, less the bias.</summary>
    /// <param name="y">The output.</param>
    public Tensor WithoutBias(Tensor y) =>
        Bias is null ? y.to(Precision) : y.to(Precision) - OverOutputs(Bias.to(Precision));

    /// <summary>One number for each output feature, shaped to broadcast over an output.</summary>
    /// <param name="vector"><c>[out]</c></param>
    public virtual Tensor OverOutputs(Tensor vector) => vector;

    /// <summary>Sets training or evaluation mode, of the adapters too.</summary>
    public override void train(bool train = true)
    {
        base.train(train);
        foreach (var adapter in _attached)
            adapter.train(train);
    }

    /// <summary>The layer with its adapters.</summary>
    public override Tensor forward(Tensor x) => Through(_working.Length, x);

    /// <summary>Nothing beside what the constructors register: a tied weight and adapters are others' parameters.</summary>
    protected override void RegisterComponents() { }

    /// <summary>The whole layer's weights with an adapter folded into those of this layer.</summary>
    private protected virtual LayerWeights Fold(SiteAdapter adapter, LayerWeights whole) => adapter.FoldWeighted(whole);

    /// <summary>What the first adapters make of the layer.</summary>
    private Tensor Through(int adapters, Tensor x) => adapters == 0 ? Apply(x, Weight, Bias)
        : _working[adapters - 1].Site == this ? Around(_working[adapters - 1], x, inner => Through(adapters - 1, inner))
        : ThroughParts(adapters, x);

    /// <summary>What the first adapters make of a part alone, computing no more of the layer than that needs.</summary>
    internal Tensor Through(int adapters, Tensor x, LinearPart part) => adapters == 0 ? Apply(x, part.Weight, part.Bias)
        : _working[adapters - 1].Site == part ? Around(_working[adapters - 1], x, inner => Through(adapters - 1, inner, part))
        : _working[adapters - 1].Site == this ? part.OutputsOf(Through(adapters, x))
        : Through(adapters - 1, x, part);

    /// <summary>The last adapters are of parts: what lies within them is computed together, and then part by part.</summary>
    private Tensor ThroughParts(int adapters, Tensor x)
    {
        using var scope = NewDisposeScope();
        var within = adapters;
        while (within > 0 && _working[within - 1].Site != this)
            within--;
        var y = Through(within, x);
        return cat([.. Parts.Select(OutputsOf)], -1).MoveToOuterDisposeScope();

        Tensor OutputsOf(LinearPart part)
        {
            Func<Tensor, Tensor> layer = inner => ReferenceEquals(inner, x) ? part.OutputsOf(y) : Through(within, inner, part);
            foreach (var adapter in _working[within..adapters].Where(adapter => adapter.Site == part))
            {
                var beneath = layer;
                layer = inner => Around(adapter, inner, beneath);
            }

            return layer(x);
        }
    }

    /// <summary>y + w·(f(x) - y), with y what lies within the adapter and f the adapter around it.</summary>
    private static Tensor Around(SiteAdapter adapter, Tensor x, Func<Tensor, Tensor> layer)
    {
        if (adapter.Weight == 1)
            return adapter.Forward(x, layer);
        using var scope = NewDisposeScope();
        var y = layer(x);
        var full = adapter.Forward(x, inner => ReferenceEquals(inner, x) ? y : layer(inner));
        return (y + (full - y) * adapter.Weight).MoveToOuterDisposeScope();
    }
}

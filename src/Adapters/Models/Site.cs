using Adapters.Mechanisms;
using TorchSharp.Modules;
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
    public abstract Parameter Weight { get; }

    /// <summary>The bias <c>[out]</c>, or null.</summary>
    public virtual Parameter? Bias => null;

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

    /// <summary>The adapters at work beside the layer, each around what those before it make of the layer: neither switched off nor
    /// merged. They are no submodules: the base's parameters stay the base's.</summary>
    public IReadOnlyList<SiteAdapter> Adapters => _working;

    /// <summary>All attached adapters, in the order in which they were attached.</summary>
    public IReadOnlyList<SiteAdapter> Attached => _attached;

    /// <summary>What adapters of the layer compute in, whatever it is stored in: float32, or float64 where the layer does.</summary>
    public ScalarType Precision => Layers.Precision.Of(Weight);

    /// <summary>Attaches an adapter, outside those that are there.</summary>
    public void Put(SiteAdapter adapter)
    {
        adapter.train(training);
        _attached.Add(adapter);
        Arrange();
    }

    /// <summary>Takes an adapter off.</summary>
    public void Remove(SiteAdapter adapter)
    {
        adapter.IsMerged = false;
        _attached.Remove(adapter);
        Arrange();
    }

    /// <summary>
    /// Puts to work what is switched on, and makes weight and bias anew: what they were, with all merged adapters folded in, in the
    /// order in which they were attached. So the bits do not hang on the order of merging, and without a merge are the base's.
    /// </summary>
    internal void Arrange()
    {
        _working = [.. _attached.Where(adapter => adapter is { IsMerged: false, Weight: not 0 })];
        var merged = _attached.Where(adapter => adapter.IsMerged).ToList();
        if (merged.Count == 0 && _own is null)
            return;

        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var own = _own ??= (Copy(Weight)!, Copy(Bias));
        var start = new LayerWeights(Matrix(own.Weight).to(Precision), own.Bias?.to(Precision));
        var folded = merged.Where(adapter => adapter.Weight != 0).Aggregate(start, (layer, adapter) => adapter.FoldWeighted(layer));
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

    private Tensor Through(int adapters, Tensor x) => adapters == 0 ? Apply(x, Weight, Bias)
        : _working[adapters - 1].Weight != 1 ? Weighted(adapters, x)
        : _working[adapters - 1].Forward(x, inner => Through(adapters - 1, inner));

    /// <summary>y + w·(f(x) - y), with y what lies within the adapter and f the adapter around it.</summary>
    private Tensor Weighted(int adapters, Tensor x)
    {
        using var scope = NewDisposeScope();
        var y = Through(adapters - 1, x);
        var full = _working[adapters - 1].Forward(x, inner => ReferenceEquals(inner, x) ? y : Through(adapters - 1, inner));
        return (y + (full - y) * _working[adapters - 1].Weight).MoveToOuterDisposeScope();
    }
}

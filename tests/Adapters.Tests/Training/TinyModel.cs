using Adapters.Models;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Tests.Training;

/// <summary>Two linear layers with dropout between them: <c>[batch, 4]</c> to <c>[batch, 2]</c>.</summary>
internal sealed class TinyModel : BaseModel
{
    private readonly double _dropout;
    private readonly LinearSite _first = new(4, 8, hasBias: true);
    private readonly LinearSite _second = new(8, 2, hasBias: false);

    public TinyModel(double dropout = 0) : base("tiny", [])
    {
        _dropout = dropout;
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        _first.Weight.copy_(linspace(-1, 1, 32).sin().reshape(8, 4));
        _second.Weight.copy_(linspace(-2, 1, 16).cos().reshape(2, 8));
        register_module("first", _first);
        register_module("second", _second);
    }

    public override IReadOnlyList<string> DefaultTargets => ["first"];

    public override IReadOnlyList<string> AttentionTargets => [];

    public override SitePlace? PlaceOf(string site) => null;

    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var hidden = functional.dropout(_first.call(x).tanh(), _dropout, training);
        return _second.call(hidden).MoveToOuterDisposeScope();
    }
}

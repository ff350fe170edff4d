using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Adapters.Methods;

/// <summary>A parameter of the base that an adapter trains: two values, of which the model computes with one.</summary>
internal sealed class FreedParameter
{
    private Tensor? _trained; // while the base's is in its place

    public FreedParameter(string name, Parameter parameter, bool keepsBase)
    {
        using var frozen = no_grad();
        (Name, Parameter) = (name, parameter);
        Base = keepsBase ? parameter.detach().clone().DetachFromDisposeScope() : null;
    }

    /// <summary>Its full name in the base.</summary>
    public string Name { get; }

    /// <summary>The parameter.</summary>
    public Parameter Parameter { get; }

    /// <summary>What it was in the base; null where that was not kept.</summary>
    public Tensor? Base { get; }

    /// <summary>What the adapter has made of it, whichever is in place.</summary>
    public Tensor Trained => _trained ?? Parameter;

    /// <summary>Puts the other value in place.</summary>
    /// <param name="isTrained">Whether that is the trained one.</param>
    public void Exchange(bool isTrained)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        if (isTrained)
        {
            Parameter.copy_(_trained!);
            _trained!.Dispose();
            _trained = null;
        }
        else
        {
            _trained = Parameter.detach().clone().DetachFromDisposeScope();
            Parameter.copy_(Base!);
        }

        Parameter.requires_grad = isTrained;
    }

    /// <summary>Puts the base's value in place for good.</summary>
    /// <param name="isTrained">Whether the trained one is there.</param>
    public void Restore(bool isTrained)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        if (isTrained && Base is not null)
            Parameter.copy_(Base);
        _trained?.Dispose();
        Base?.Dispose();
    }
}

/// <summary>Changes of a model as a whole.</summary>
/// <param name="Begin">Makes them.</param>
/// <param name="End">Takes them back.</param>
internal sealed record ModelChanges(Action Begin, Action End);

using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>How unevenly a pass in training mode used experts: a scalar with a gradient, kept until the loss takes it.</summary>
public sealed class PassImbalance : IDisposable
{
    private Tensor? _value;

    /// <summary>Whether there is one to take.</summary>
    public bool IsKept => _value is not null;

    /// <summary>Keeps that of a pass beyond its scopes, in place of what an earlier one left.</summary>
    /// <param name="value">It; null after a pass that asks nothing of the loss.</param>
    public void Keep(Tensor? value)
    {
        Dispose();
        _value = value?.DetachFromDisposeScope();
    }

    /// <summary>Gives it away, once.</summary>
    /// <exception cref="InvalidOperationException">When there was no such pass since it was last taken.</exception>
    public Tensor Take()
    {
        var taken = _value ?? throw new InvalidOperationException("The auxiliary loss follows a forward pass in training mode.");
        _value = null;
        return taken;
    }

    /// <summary>Forgets it.</summary>
    public void Dispose()
    {
        _value?.Dispose();
        _value = null;
    }
}

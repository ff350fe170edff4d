using Adapters.Methods;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Adapters.Training.Optimizers;

/// <summary>
/// The trained parameters of one training in one buffer, and their gradients in another. The parameters become views
/// of it, so that a step is a handful of operations over two tensors, however many parameters there are. Parameters of one
/// learning rate lie together, and of them those that decay (matrices) come first, vectors such as norms and biases after them.
/// </summary>
/// <remarks>
/// A gradient is zero, not absent, for a parameter that the loss did not reach: it still decays and follows its
/// momentum, as in PyTorch with <c>zero_grad(set_to_none=False)</c>.
/// </remarks>
public sealed class FlatParameters : IDisposable
{
    private const int Alignment = 16; // elements: views begin at a cache line, as the processor's wide loads like it
    private readonly List<Place> _places = [];
    private readonly List<RateGroup> _rates = [];

    /// <summary>Moves parameters into a fresh buffer; their values stay.</summary>
    /// <param name="parameters">Names and parameters, each once, all on one device and of one type.</param>
    /// <param name="decayVectors">Whether weight decay also applies to parameters of fewer than two dimensions.</param>
    /// <param name="rateOf">What the learning rate of a parameter is multiplied by, by its name; 1 where absent.</param>
    /// <exception cref="AdapterException">When they lie on several devices or differ in type.</exception>
    public FlatParameters(
        IReadOnlyList<(string Name, Parameter Parameter)> parameters, bool decayVectors = false, Func<string, double>? rateOf = null)
    {
        if (parameters.Select(pair => (pair.Parameter.dtype, pair.Parameter.device.ToString())).Distinct().Skip(1).Any())
            throw new AdapterException("Parameters that are trained together must be of one type and on one device, but are "
                + string.Join(", ", parameters.Select(p => $"{p.Parameter.dtype} on {p.Parameter.device}").Distinct()) + ".");

        bool Decays(Parameter parameter) => decayVectors || parameter.dim() > 1;
        var size = 0L;
        foreach (var group in parameters.GroupBy(pair => rateOf?.Invoke(pair.Name) ?? 1))
        {
            var (begin, decayed) = (size, 0L);
            foreach (var (name, parameter) in group.OrderBy(pair => !Decays(pair.Parameter)))
            {
                _places.Add(new Place(name, parameter, size));
                size += (parameter.numel() + Alignment - 1) / Alignment * Alignment;
                if (Decays(parameter))
                    decayed = size - begin;
            }

            _rates.Add(new RateGroup(group.Key, begin, size - begin, decayed));
        }

        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var first = parameters.Count == 0 ? null : parameters[0].Parameter;
        Values = zeros(size, dtype: first?.dtype, device: first?.device).DetachFromDisposeScope();
        Gradients = zeros_like(Values).DetachFromDisposeScope();
        foreach (var place in _places)
        {
            var view = place.In(Values);
            view.copy_(place.Parameter);
            place.Parameter.set_(view);
            place.Parameter.requires_grad = true;
            place.Parameter.grad = place.In(Gradients);
        }
    }

    /// <summary>All values <c>[n]</c>, with zeros between parameters.</summary>
    public Tensor Values { get; }

    /// <summary>All gradients <c>[n]</c>, in the same layout. Backward passes add to it.</summary>
    public Tensor Gradients { get; }

    /// <summary>Which parts of the buffers have which learning rate; one where all have the same.</summary>
    public IReadOnlyList<RateGroup> Rates => _rates;

    /// <summary>Sets every gradient to zero.</summary>
    public void ZeroGradients()
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope(); // zero_ returns a second handle of the tensor
        Gradients.zero_();
    }

    /// <summary>The global L2 norm of the gradients, a scalar.</summary>
    public Tensor GradientNorm()
    {
        using var _ = no_grad();
        return Gradients.norm();
    }

    /// <summary>The part of each parameter in a buffer of this layout, under its name and in its shape; views, which the
    /// caller disposes.</summary>
    public IEnumerable<(string Name, Tensor View)> Views(Tensor buffer) =>
        _places.Select(place => (place.Name, place.In(buffer)));

    /// <summary>Frees the gradients. The parameters keep their values.</summary>
    public void Dispose()
    {
        foreach (var place in _places)
            place.Parameter.grad = null;
        Gradients.Dispose();
        Values.Dispose();
    }

    private sealed record Place(string Name, Parameter Parameter, long Offset)
    {
        private readonly long[] _shape = Parameter.shape;

        public Tensor In(Tensor buffer)
        {
            using var part = buffer.narrow(0, Offset, Parameter.numel());
            return part.view(_shape);
        }
    }
}

/// <summary>A part of the buffers of <see cref="FlatParameters"/> that has a learning rate of its own.</summary>
/// <param name="Factor">What the learning rate is multiplied by.</param>
/// <param name="Offset">Its first element.</param>
/// <param name="Length">Number of its elements.</param>
/// <param name="DecayedLength">Number of its leading elements that weight decay applies to.</param>
public sealed record RateGroup(double Factor, long Offset, long Length, long DecayedLength)
{
    /// <summary>This part of a buffer: a view, which the caller disposes.</summary>
    public Tensor In(Tensor buffer) => buffer.narrow(0, Offset, Length);

    /// <summary>What decays of this part of a buffer: a view, which the caller disposes.</summary>
    public Tensor DecayedIn(Tensor buffer) => buffer.narrow(0, Offset, DecayedLength);
}

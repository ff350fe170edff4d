using Adapters.Models;
using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>
/// Feed-forward parts as experts that share the base's weights, each with updates of its own beside the layers: <c>Σ_e g_e·FFN_e(x)</c>,
/// over the experts that a token is sent to. It is routed once, before the first layer. The part is computed once a choice, for all
/// tokens, each by its own expert; the first choice is the base's very computation, so that untrained experts change no bit.
/// </summary>
public sealed class RoutedFeedForward : PartAdapter
{
    private readonly Router _router;
    private Tensor? _expert; // of the choice that is being computed [..., experts], one-hot

    /// <param name="part">The feed-forward part.</param>
    /// <param name="router">Sends tokens to experts, by gates whose sum is 1; freed with this.</param>
    public RoutedFeedForward(ModelPart part, Router router) : base(part) => register_module("router", _router = router);

    /// <summary>What a layer within the part is to give its experts (<see cref="RoutedDelta"/>): all to the one that is computed.</summary>
    /// <returns><c>[..., experts]</c></returns>
    internal Tensor Gates => _expert ?? throw new InvalidOperationException($"{Part.Name} is not being computed.");

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, Func<Tensor, Tensor> bare)
    {
        using var scope = NewDisposeScope();
        var (gates, chosen, _) = _router.Route(x);
        var first = ByChoice(0);
        var sum = first;
        for (var choice = 1; choice < chosen.shape[^1]; choice++)
            sum = sum + (gates.gather(-1, chosen.narrow(-1, choice, 1)) * (ByChoice(choice) - first)); // the gates' sum is 1
        _expert = null;
        return sum.to(x.dtype).MoveToOuterDisposeScope();

        Tensor ByChoice(int choice)
        {
            var expert = chosen.narrow(-1, choice, 1);
            _expert = zeros_like(gates).scatter(-1, expert, ones_like(expert, dtype: gates.dtype));
            return bare(x).to(gates.dtype);
        }
    }
}

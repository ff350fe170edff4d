using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>
/// Says of each token how much it gets of each expert, and of a pass in training mode how unevenly experts were used, which the
/// method makes a term of the loss. It computes in what its weights lie in. Padding counts as a token.
/// </summary>
public abstract class Router() : AdapterModule(nameof(Router))
{
    /// <summary>How unevenly the last pass used the experts.</summary>
    public PassImbalance Imbalance { get; } = new();

    private ScalarType Precision => parameters().First().dtype;

    /// <summary>Routes tokens.</summary>
    /// <param name="x">What it decides by <c>[..., features]</c>.</param>
    /// <returns>Of the shapes <c>[..., experts]</c> and <c>[..., k]</c>.</returns>
    public Routing Route(Tensor x)
    {
        var routing = Choose(x.reshape(-1, x.shape[^1]).to(Precision));
        Imbalance.Keep(training ? routing.Imbalance : null);
        return routing with { Gates = Shaped(routing.Gates), Chosen = Shaped(routing.Chosen) };

        Tensor Shaped(Tensor rows) => rows.view([.. x.shape[..^1], rows.shape[1]]);
    }

    /// <summary>Routes a batch of tokens.</summary>
    /// <param name="tokens"><c>[tokens, features]</c></param>
    protected abstract Routing Choose(Tensor tokens);

    /// <summary>The k largest of each row, best first; of equals those of the lowest index, on every device.</summary>
    /// <param name="scores"><c>[tokens, experts]</c></param>
    /// <param name="k">How many.</param>
    /// <returns>Both <c>[tokens, k]</c>.</returns>
    protected static (Tensor Values, Tensor Indices) Best(Tensor scores, int k)
    {
        var (values, indices) = scores.sort(dim: 1, descending: true, stable: true);
        return (values.narrow(1, 0, k), indices.narrow(1, 0, k));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            Imbalance.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>Where a router sent tokens.</summary>
/// <param name="Gates">Weight of each expert <c>[tokens, experts]</c>, zero where it is not chosen.</param>
/// <param name="Chosen">Indices of the chosen experts <c>[tokens, k]</c>, best first.</param>
/// <param name="Imbalance">How unevenly experts were used, a scalar; null where that is not asked of the loss.</param>
public sealed record Routing(Tensor Gates, Tensor Chosen, Tensor? Imbalance = null);

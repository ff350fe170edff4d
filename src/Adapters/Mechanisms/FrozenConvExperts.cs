using Adapters.Models;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Mechanisms;

/// <summary>
/// Trained Conv-LoRAs of one layer, side by side and never trained again: experts whose features are h + z instead of h. They
/// route as in evaluation, whatever is trained around them.
/// </summary>
public sealed class FrozenConvExperts : FrozenExperts
{
    private readonly IReadOnlyList<ConvLoraDelta?> _experts;

    /// <summary>Lays experts side by side.</summary>
    /// <param name="experts">Each expert's update of this layer, freed with this; null where it has none.</param>
    /// <param name="site">The layer.</param>
    public FrozenConvExperts(IReadOnlyList<ConvLoraDelta?> experts, Site site)
        : base([.. experts.Select(expert => expert?.AsExpert())],
            site.Inputs, site.Outputs, site.Weight.device, site.Precision) => _experts = experts;

    /// <inheritdoc/>
    public override string? MergeObstacle => _experts.OfType<ConvLoraDelta>().First().MergeObstacle;

    /// <inheritdoc/>
    public override void Begin(ModelInput input)
    {
        foreach (var expert in _experts)
            expert?.Begin(input);
    }

    /// <inheritdoc/>
    public override Tensor Down(Tensor x) => cat([.. Enumerable.Range(0, Count).Select(expert => DownOne(x, expert))], -1);

    /// <inheritdoc/>
    protected override Tensor DownOne(Tensor x, int expert) => _experts[expert] is { } conv
        ? functional.pad(conv.Bottleneck(x), (0L, Rank - conv.A.shape[0]))
        : zeros([.. x.shape[..^1], Rank], Precision, x.device);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            foreach (var expert in _experts)
                expert?.Dispose();
        base.Dispose(disposing);
    }
}

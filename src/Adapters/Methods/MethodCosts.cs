namespace Adapters.Methods;

/// <summary>What a trained adapter costs besides the base, as formulas of its options and layers.</summary>
/// <param name="PerToken">Multiply-adds for a token and layer at inference, while it is not merged.</param>
/// <param name="PerBlock">The same for a token and block.</param>
/// <param name="PerPass">The same for a pass and layer, however many tokens there are.</param>
/// <param name="ToMerge">Multiply-adds to fold a layer's adapter into the base's weights; empty where that is not done.</param>
/// <param name="KeptPerLayer">Numbers in memory for a layer besides what is trained.</param>
/// <param name="KeptShared">Numbers in memory for all layers besides what is trained.</param>
/// <param name="Remark">What there is to say of these formulas; empty for nothing.</param>
public sealed record MethodCosts(
    string PerToken,
    string PerBlock,
    string PerPass,
    string ToMerge,
    string KeptPerLayer,
    string KeptShared,
    string Remark)
{
    internal static MethodCosts Of(AdapterMethodAttribute attribute) => new(
        attribute.OperationsPerToken,
        attribute.OperationsPerBlock,
        attribute.OperationsPerPass,
        attribute.OperationsToMerge,
        attribute.KeptPerLayer,
        attribute.KeptShared,
        attribute.CostRemark);
}

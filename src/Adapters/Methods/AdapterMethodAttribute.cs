namespace Adapters.Methods;

/// <summary>Registers a method under the name that sweep files use, and says what cannot be read off its code.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class AdapterMethodAttribute(string id) : Attribute
{
    /// <summary>The name, for example <c>conv-lora</c>.</summary>
    public string Id { get; } = id;

    /// <summary>Where it comes from: authors, year, arXiv id.</summary>
    public required string Source { get; init; }

    /// <summary>Base model families that it works on; empty for all.</summary>
    public string[] Families { get; init; } = [];

    /// <summary>Whether it composes adapters that other trials trained (<see cref="AttachContext.Experts"/>).</summary>
    public bool ComposesExperts { get; init; }

    /// <summary>What it computes, in one line: <c>y = Wx + s·B(A·x), s = alpha / rank</c>.</summary>
    public string Equation { get; init; } = "";

    /// <summary>
    /// Parameters that it trains in a layer, as a formula of its options and of the layer's matrix: <c>rank * (in + out)</c>;
    /// <c>bias</c> is 1 where the layer has one, <c>mlp</c> where it belongs to a feed-forward part, <c>image</c> where its input is an
    /// image, else 0. Empty where it does not go by layers.
    /// </summary>
    public string ParametersPerLayer { get; init; } = "";

    /// <summary>Parameters that it trains around a block or its feed-forward part, as a formula of its options and of the width of a
    /// token (<c>hidden</c>).</summary>
    public string ParametersPerBlock { get; init; } = "";

    /// <summary>Parameters that its layers share, as a formula of its options, their number (<c>layers</c>), the largest layer's matrix,
    /// and the widths of an embedded <c>patch</c> and <c>token</c> of a base that sees and reads. Where it adapts no layers, those that
    /// are not of one block, of the width of a token (<c>hidden</c>), of the images' <c>channels</c> and of the values in a patch of them
    /// (<c>pixels</c>).</summary>
    public string ParametersShared { get; init; } = "";

    /// <summary>Whether only layers of one kind, that is of one name and shape, share them.</summary>
    public bool SharesByKind { get; init; }

    /// <summary>
    /// Multiply-adds for a token and layer at inference, besides the base's own and while it is not merged, as a formula like that of the
    /// parameters: those of matrix products, convolutions and transforms. What is done number by number is not counted, so that
    /// a method of scales alone has 0. A convolution's tokens are the places of its output. Where it adapts no layers, those for a token
    /// in all. Of adapters that it composes the formula knows their number (<c>experts</c>) and <c>rank</c>.
    /// </summary>
    public required string OperationsPerToken { get; init; }

    /// <summary>The same for a token and block, of the width of a token (<c>hidden</c>), besides those.</summary>
    public string OperationsPerBlock { get; init; } = "0";

    /// <summary>The same for a pass of one sequence or image and a layer, however long it is: what is made anew each time.</summary>
    public string OperationsPerPass { get; init; } = "0";

    /// <summary>Multiply-adds to fold a layer's adapter into the base's weights; empty where it cannot be, or there is none.</summary>
    public string OperationsToMerge { get; init; } = "";

    /// <summary>Numbers that it keeps in memory for a layer besides what it trains, to compute with.</summary>
    public string KeptPerLayer { get; init; } = "0";

    /// <summary>Numbers that it keeps so for all layers, as a formula of the largest layer's matrix and of how many matrices differ in
    /// shape (<c>shapes</c>).</summary>
    public string KeptShared { get; init; } = "0";

    /// <summary>What there is to say of these formulas: what else they name, and options that are no numbers.</summary>
    public string CostRemark { get; init; } = "";

    /// <summary>Why it cannot be folded into the base's weights; null where it can.</summary>
    public string? CannotMerge { get; init; }

    /// <summary>PEFT's name for the kind of adapter, where folders can be exchanged with it; null where PEFT has none.</summary>
    public string? PeftType { get; init; }

    /// <summary>The field of PEFT's config that tells the method from another of the same type; null for the plain one.</summary>
    public string? PeftSwitch { get; init; }

    /// <summary>Fields of PEFT's config that change nothing in what a trained adapter of this method computes.</summary>
    public string[] PeftInert { get; init; } = [];

    /// <summary>Whether it trains anything.</summary>
    public bool Trains { get; init; } = true;

    /// <summary>What its gradients take as given, though it hangs on what is trained; null where they are the loss's own.</summary>
    public string? HoldsConstant { get; init; }

    /// <summary>Where an untrained adapter stands, if not at the base's output; null where it changes nothing yet.</summary>
    public string? StartsAt { get; init; }
}

namespace Adapters.Verification;

/// <summary>
/// Registers how cases of one kind are checked; the kind is <c>CATEGORY/NAME</c>, for example <c>models/llama</c>, or all that a
/// category has no other check for, <c>peft/*</c>.
/// </summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class GoldenKindAttribute(string id) : Attribute
{
    /// <summary>The kind, for example <c>methods/lora</c>.</summary>
    public string Id { get; } = id;
}

/// <summary>
/// Computes with our code what a golden case asks for. Found by its <see cref="GoldenKindAttribute"/>; one file a kind.
/// </summary>
public interface IGoldenKind
{
    /// <summary>Computes and compares. Called within a dispose scope, so tensors need no care.</summary>
    /// <param name="golden">The case's description and tensors.</param>
    /// <param name="compare">Is told every expected tensor with ours.</param>
    /// <exception cref="UnsupportedCaseException">When the case asks for what this product does not have.</exception>
    void Check(GoldenCase golden, Comparison compare);
}

/// <summary>A case asks for something that this product does not have; the message is the reason, in one sentence.</summary>
public sealed class UnsupportedCaseException(string reason) : Exception(reason);

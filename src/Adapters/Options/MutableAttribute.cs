namespace Adapters.Options;

/// <summary>
/// An option that may change while a training goes on, from one checkpoint to the next: it acts from the next step on, and neither a
/// tensor's shape, nor a frozen value, nor the length of the training, nor its place in the data hang on it.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class MutableAttribute : Attribute;

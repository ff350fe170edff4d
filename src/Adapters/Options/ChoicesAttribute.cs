namespace Adapters.Options;

/// <summary>Limits a text to the names of what is registered somewhere.</summary>
[AttributeUsage(AttributeTargets.Property)]
public abstract class ChoicesAttribute : Attribute
{
    /// <summary>All values.</summary>
    public abstract IReadOnlyList<string> Names { get; }
}

namespace Adapters.Options;

/// <summary>The field of PEFT's <c>adapter_config.json</c> that says what an option says.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PeftFieldAttribute(string name) : Attribute
{
    /// <summary>The field.</summary>
    public string Name { get; } = name;

    /// <summary>Whether PEFT has a map where the option is a list of entries <c>key=value</c>.</summary>
    public bool IsMap { get; init; }

    /// <summary>The option's text where the field is <c>true</c>; null where PEFT's value is ours.</summary>
    public string? True { get; init; }

    /// <summary>The option's text where the field is <c>false</c>; null where PEFT's value is ours.</summary>
    public string? False { get; init; }
}

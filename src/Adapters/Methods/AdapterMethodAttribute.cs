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

    /// <summary>Whether it trains anything.</summary>
    public bool Trains { get; init; } = true;

    /// <summary>Where an untrained adapter stands, if not at the base's output; null where it changes nothing yet.</summary>
    public string? StartsAt { get; init; }
}

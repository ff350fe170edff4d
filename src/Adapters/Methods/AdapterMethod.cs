using System.Text.Json.Nodes;
using Adapters.Models;

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
}

/// <summary>A method: how an adapter is put on a base model.</summary>
public interface IAdapterMethod
{
    /// <summary>The options record, whose properties, ranges and doc comments are the schema.</summary>
    Type OptionsType { get; }

    /// <summary>Puts a fresh adapter on the model, which is frozen but for what the adapter frees.</summary>
    /// <param name="model">A base model without an adapter.</param>
    /// <param name="options">Snake-case option names with their values; absent ones take the defaults.</param>
    /// <param name="context">What the trial adds: seed, task head, target length, experts.</param>
    /// <exception cref="AdapterException">When an option or the model does not fit, with the value.</exception>
    Adapter Attach(BaseModel model, JsonObject options, AttachContext context);
}

/// <summary>What a trial adds to a method's options.</summary>
public sealed record AttachContext
{
    /// <summary>Seed of the initialisation.</summary>
    public ulong Seed { get; init; }

    /// <summary>Parameters of the base that the task trains under every method (its head), by full name.</summary>
    public IReadOnlyList<string> Head { get; init; } = [];

    /// <summary>Sequence length that the task trains and tests at; null where that means nothing.</summary>
    public int? TargetLength { get; init; }

    /// <summary>Folders of trained adapters that this one is composed of, in the order of their trials.</summary>
    public IReadOnlyList<string> Experts { get; init; } = [];

    /// <summary>Name or path of the base, for the saved adapter's <c>base_model_name_or_path</c>.</summary>
    public string Base { get; init; } = "";
}

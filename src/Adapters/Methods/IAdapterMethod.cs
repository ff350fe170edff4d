using System.Text.Json.Nodes;
using Adapters.Models;

namespace Adapters.Methods;

/// <summary>A method: how an adapter is put on a base model.</summary>
public interface IAdapterMethod
{
    /// <summary>The options record, whose properties, ranges and doc comments are the schema.</summary>
    Type OptionsType { get; }

    /// <summary>
    /// Puts a fresh adapter on the model, which is frozen but for what the adapter frees. It stands around those that the model carries
    /// already.
    /// </summary>
    /// <param name="model">A base model, none of whose adapters is merged.</param>
    /// <param name="options">Snake-case option names with their values; absent ones take the defaults.</param>
    /// <param name="context">What the trial adds: seed, task head, target length, experts.</param>
    /// <exception cref="AdapterException">When an option or the model does not fit, with the value.</exception>
    Adapter Attach(BaseModel model, JsonObject options, AttachContext context);
}

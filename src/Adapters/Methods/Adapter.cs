using System.Text.Json.Nodes;
using Adapters.Mechanisms;
using Adapters.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Adapters.Methods;

/// <summary>What a method trains on one base model: adapters on sites, parameters shared between them, and parameters of
/// the base that were freed. Taking it off restores the base but for the freed parameters.</summary>
public sealed class Adapter : IDisposable
{
    /// <summary>The base it is attached to.</summary>
    public required BaseModel Model { get; init; }

    /// <summary>The method's registered name.</summary>
    public required string Method { get; init; }

    /// <summary>The adapter of each adapted site, by the site's full name.</summary>
    public IReadOnlyDictionary<string, LinearAdapter> Sites { get; init; } = new Dictionary<string, LinearAdapter>();

    /// <summary>Everything that is trained, under the name it is saved by, in a fixed order. What is not here is frozen.</summary>
    public required IReadOnlyList<(string Name, Parameter Parameter)> Trainable { get; init; }

    /// <summary>Content of <c>adapter_config.json</c>.</summary>
    public required JsonObject Config { get; init; }

    /// <summary>A term that the method adds to the training loss, asked for after the forward pass of a batch; or null.</summary>
    public Func<Tensor>? AuxiliaryLoss { get; init; }

    /// <summary>Why the whole cannot be folded into the base's weights; null where it can, exactly.</summary>
    public string? MergeObstacle => Sites.Values.Select(site => site.MergeObstacle).FirstOrDefault(obstacle => obstacle is not null);

    /// <summary>Takes the adapters off the sites and frees their tensors.</summary>
    public void Dispose()
    {
        foreach (var (name, adapter) in Sites)
        {
            Model.Sites[name].Adapter = null;
            adapter.Dispose();
        }
    }
}

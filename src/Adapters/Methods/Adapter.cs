using System.Text.Json.Nodes;
using Adapters.Checkpoints;
using Adapters.Mechanisms;
using Adapters.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Adapters.Methods;

/// <summary>
/// What a method trains on one base model: adapters on sites, and parameters of the base that were freed. Taking it off
/// restores the base but for the freed parameters.
/// </summary>
public sealed class Adapter : IDisposable
{
    private Dictionary<LinearSite, (Tensor Weight, LinearAdapter Adapter)>? _unmerged;
    private bool _disposed;

    /// <summary>The base it is attached to.</summary>
    public required BaseModel Model { get; init; }

    /// <summary>The method's registered name.</summary>
    public required string Method { get; init; }

    /// <summary>The adapter of each adapted site, by the site's full name.</summary>
    public IReadOnlyDictionary<string, LinearAdapter> Sites { get; init; } = new Dictionary<string, LinearAdapter>();

    /// <summary>All that is trained, under the name it is saved by, in a fixed order. What is not here is frozen.</summary>
    public required IReadOnlyList<(string Name, Parameter Parameter)> Trainable { get; init; }

    /// <summary>Content of <c>adapter_config.json</c>.</summary>
    public required JsonObject Config { get; init; }

    /// <summary>
    /// A term that the method adds to the training loss, or null. Asked for once after each forward pass in training mode,
    /// before the backward pass.
    /// </summary>
    public Func<Tensor>? AuxiliaryLoss { get; init; }

    /// <summary>Trained adapters that this one is composed of; saved with it.</summary>
    public IReadOnlyList<StoredAdapter> Experts { get; init; } = [];

    /// <summary>Takes back what the method changed on the model besides its adapters.</summary>
    internal Action? Release { get; init; }

    /// <summary>Number of trained values.</summary>
    public long TrainableParameters => Trainable.Sum(pair => pair.Parameter.numel());

    /// <summary>Why the whole cannot be folded into the base's weights; null where it can, exactly.</summary>
    public string? MergeObstacle => Sites
        .Select(pair => pair.Value.MergeObstacle ?? (Model.Sites[pair.Key].Tied ? TiedObstacle(pair.Key) : null))
        .FirstOrDefault(obstacle => obstacle is not null);

    private static string TiedObstacle(string site) =>
        $"The adapter of {site} cannot be merged, because the layer shares its weight with another: untie it first.";

    /// <summary>
    /// Folds the adapters into the weights, so that the bare base computes what base and adapters did, up to rounding. A
    /// second call changes nothing. The weights as they were are kept for <see cref="Unmerge"/>.
    /// </summary>
    /// <exception cref="AdapterException">With the <see cref="MergeObstacle"/>, where there is one.</exception>
    public void Merge()
    {
        if (MergeObstacle is { } obstacle)
            throw new AdapterException(obstacle);
        if (_unmerged is not null)
            return;

        using var frozen = no_grad();
        _unmerged = [];
        foreach (var (name, adapter) in Sites)
        {
            using var scope = NewDisposeScope();
            var site = Model.Sites[name];
            _unmerged.Add(site, (site.Weight.clone().DetachFromDisposeScope(), adapter));
            site.Weight.copy_(site.Weight.to(float32) + adapter.DeltaWeight());
            site.Adapter = null;
        }
    }

    /// <summary>Takes a merge back: the same weights to the last bit, and the adapters beside them again.</summary>
    public void Unmerge()
    {
        using var frozen = no_grad();
        foreach (var (site, (weight, adapter)) in _unmerged ?? [])
        {
            site.Weight.copy_(weight);
            weight.Dispose();
            site.Adapter = adapter;
        }

        _unmerged = null;
    }

    /// <summary>Takes the adapters off the sites, unmerged if need be, frees their tensors and freezes the base.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        Unmerge();
        foreach (var (name, adapter) in Sites)
        {
            Model.Sites[name].Adapter = null;
            adapter.Dispose();
        }

        Release?.Invoke();
        foreach (var parameter in Model.parameters())
        {
            parameter.requires_grad = false;
            parameter.grad?.Dispose();
            parameter.grad = null;
        }

        foreach (var expert in Experts)
            expert.Dispose();
    }
}

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
    private List<(SiteAdapter Adapter, Tensor Weight, Tensor? Bias)>? _unmerged;
    private bool _disposed;

    /// <summary>The base it is attached to.</summary>
    public required BaseModel Model { get; init; }

    /// <summary>The method's registered name.</summary>
    public required string Method { get; init; }

    /// <summary>The adapter of each adapted site, by the site's full name.</summary>
    public IReadOnlyDictionary<string, SiteAdapter> Sites { get; init; } = new Dictionary<string, SiteAdapter>();

    /// <summary>What stands around blocks and their feed-forward parts.</summary>
    public IReadOnlyList<PartAdapter> Parts { get; init; } = [];

    /// <summary>All that is trained, under the name it is saved by, in a fixed order. What is not here is frozen.</summary>
    public required IReadOnlyList<(string Name, Parameter Parameter)> Trainable { get; init; }

    /// <summary>Further names that parameters are saved by, because PEFT writes what layers share under each of them.</summary>
    public IReadOnlyList<(string Name, Parameter Parameter)> Aliases { get; init; } = [];

    /// <summary>Tensors that are not trained but that it computes with, under the name they are saved by.</summary>
    public IReadOnlyList<KeptTensor> Kept { get; init; } = [];

    /// <summary>Tensors of no layer's adapter, which are freed with this.</summary>
    internal IReadOnlyList<Tensor> Shared { get; init; } = [];

    /// <summary>Content of <c>adapter_config.json</c>.</summary>
    public required JsonObject Config { get; init; }

    /// <summary>
    /// A term that the method adds to the training loss, or null. Asked for once after each forward pass in training mode,
    /// before the backward pass.
    /// </summary>
    public Func<Tensor>? AuxiliaryLoss { get; init; }

    /// <summary>
    /// Is told after each step of a training, while its gradients are still there: the step's number from 1, and the number of
    /// steps of the training. What it remembers lies in kept tensors, so that a resumed training goes on with the same bits.
    /// </summary>
    public Action<int, int>? Stepped { get; init; }

    /// <summary>How it is trained where not by gradients, else null.</summary>
    public GradientFreeStep? Search { get; init; }

    /// <summary>Trained adapters that this one is composed of; saved with it.</summary>
    public IReadOnlyList<StoredAdapter> Experts { get; init; } = [];

    /// <summary>Takes back what the method changed on the model besides its adapters.</summary>
    internal Action? Release { get; init; }

    /// <summary>Number of trained values.</summary>
    public long TrainableParameters => Trainable.Sum(pair => pair.Parameter.numel());

    /// <summary>Why the whole cannot be folded into the base's weights; null where it can, exactly.</summary>
    public string? MergeObstacle => Sites
        .Select(pair => pair.Value.MergeObstacle ?? (Model.Sites[pair.Key].Tied || IsShared(pair.Key) ? TiedObstacle(pair.Key) : null))
        .FirstOrDefault(obstacle => obstacle is not null)
        ?? Parts.Select(part => $"The adapter around {part.Part.Name} cannot be merged: no weight of a layer does the same.").FirstOrDefault();

    /// <summary>Whether another layer computes with the weight of a site.</summary>
    private bool IsShared(string site) => Model.Sites.Values.Any(other => other.Tied
        && ReferenceEquals(other.Weight, Model.Sites[site].Weight));

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
        foreach (var adapter in Sites.Values)
        {
            using var scope = NewDisposeScope();
            var site = adapter.Site;
            var folded = adapter.Fold(new LayerWeights(site.Matrix(site.Weight).to(float32), site.Bias?.to(float32)));
            _unmerged.Add((adapter, Copy(site.Weight)!, Copy(site.Bias)));
            site.Weight.copy_(site.Shape(folded.Matrix));
            if (folded.Bias is not null)
                site.Bias!.copy_(folded.Bias);
            site.Remove(adapter);
        }

        static Tensor? Copy(Tensor? tensor) => tensor?.clone().DetachFromDisposeScope();
    }

    /// <summary>Takes a merge back: the same weights to the last bit, and the adapters beside them again.</summary>
    public void Unmerge()
    {
        using var frozen = no_grad();
        foreach (var (adapter, weight, bias) in _unmerged ?? [])
        {
            adapter.Site.Weight.copy_(weight);
            weight.Dispose();
            if (bias is not null)
                adapter.Site.Bias!.copy_(bias);
            bias?.Dispose();
            adapter.Site.Put(adapter);
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
        foreach (var adapter in Sites.Values)
        {
            adapter.Site.Remove(adapter);
            adapter.Dispose();
        }

        foreach (var adapter in Parts)
        {
            adapter.Part.Remove(adapter);
            adapter.Dispose();
        }

        foreach (var shared in Shared)
            shared.Dispose();
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

/// <summary>
/// Makes a step of a training in place of gradients and optimizer. What it remembers lies in kept tensors, so that a resumed
/// training goes on with the same bits.
/// </summary>
/// <param name="step">The step's number, from 1.</param>
/// <param name="objective">
/// Loss of the parameters as they are now, the method's own term included; on the same samples whenever it is asked for.
/// </param>
/// <returns>The loss of the parameters as it leaves them.</returns>
public delegate double GradientFreeStep(int step, Func<double> objective);

/// <summary>A tensor that an adapter computes with and does not train.</summary>
/// <param name="Name">The name it is saved by.</param>
/// <param name="Tensor">The tensor.</param>
/// <param name="Keeping">Where it is kept.</param>
public sealed record KeptTensor(string Name, Tensor Tensor, Keeping Keeping);

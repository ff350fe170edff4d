using System.Text.Json.Nodes;
using Adapters.Checkpoints;
using Adapters.Mechanisms;
using Adapters.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Adapters.Methods;

/// <summary>
/// What a method trains on one base model: adapters on sites, and parameters of the base that were freed. A base carries any number
/// of them, each around those attached before it: what only adds, as LoRA does, adds up in any order, as in PEFT. Each can be
/// switched off, weighted, merged and taken off for itself. A parameter of the base that was freed has one value at a time, so at most
/// one of the adapters that train it is switched on.
/// </summary>
public sealed class Adapter : IDisposable
{
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

    /// <summary>Parameters of the base that it trains.</summary>
    internal IReadOnlyList<FreedParameter> Freed { get; init; } = [];

    /// <summary>What it changes on the model as a whole besides its adapters; null where nothing.</summary>
    internal ModelChanges? Changes { get; init; }

    /// <summary>Whether it is folded into the base's weights.</summary>
    public bool IsMerged { get; private set; }

    /// <summary>
    /// Whether it is switched on. Off, the base and the other adapters compute as if it were not there, to the last bit; the parameters
    /// of the base that it trains have the base's values meanwhile.
    /// </summary>
    /// <exception cref="AdapterException">
    /// When another that is switched on trains the same parameter of the base, or one of those has no value to go back to.
    /// </exception>
    public bool IsActive
    {
        get;
        set
        {
            if (value == field || _disposed)
                return;
            RefuseToSwitch(on: value);
            field = value;
            foreach (var freed in Freed)
                freed.Exchange(isTrained: value);
            (value ? Changes?.Begin : Changes?.End)?.Invoke();
            foreach (var adapter in Parts)
            {
                if (value)
                    adapter.Part.Put(adapter);
                else
                    adapter.Part.Remove(adapter);
            }

            Arrange();
        }
    } = true;

    /// <summary>
    /// How much of what it does is done, w in <c>y + w·(f(x) - y)</c> on each layer; of an update, that many times the update. 1 unless
    /// it is set; 0 leaves the base's output as it is.
    /// </summary>
    /// <exception cref="AdapterException">When it is not finite, or parameters of the base are trained or blocks adapted, which are not
    /// weighted.</exception>
    public double Weight
    {
        get;
        set
        {
            if (!double.IsFinite(value))
                throw new AdapterException($"The weight of a {Method} adapter is {value}, but must be a finite number.");
            if (value != 1 && Parts.Count > 0)
                throw new AdapterException($"The {Method} adapter cannot have the weight {value}: it stands around {Parts[0].Part.Name}, "
                    + "and is there or not. Switch it off instead.");
            if (value != 1 && Freed.Count > 0)
                throw new AdapterException($"The {Method} adapter cannot have the weight {value}: it trains '{Freed[0].Name}' of the base, "
                    + "which is trained or not. Switch it off instead.");
            field = value;
            Arrange();
        }
    } = 1;

    /// <summary>Number of trained values.</summary>
    public long TrainableParameters => Trainable.Sum(pair => pair.Parameter.numel());

    /// <summary>Why the whole cannot be folded into the base's weights; null where it can, exactly.</summary>
    public string? MergeObstacle => Sites
        .Select(pair => pair.Value.MergeObstacle
            ?? (pair.Value.Site.Tied || IsShared(pair.Value.Site.Whole) ? TiedObstacle(pair.Key) : null)
            ?? OrderObstacle(pair.Key, pair.Value))
        .FirstOrDefault(obstacle => obstacle is not null)
        ?? Parts.Select(part => $"The adapter around {part.Part.Name} cannot be merged: no weight of a layer does the same.")
            .FirstOrDefault()
        ?? Model.Adapters.Where(other => other != this && FreedOnSitesBy(other) is not null).Select(other => $"The {Method} adapter cannot "
            + $"be merged while the {other.Method} adapter beside it trains '{FreedOnSitesBy(other)!.Name}' of the base, into which it "
            + "would go: take that one off first.")
            .FirstOrDefault();

    /// <summary>A parameter that an adapter trains and that this one's merge would change; null where there is none.</summary>
    private FreedParameter? FreedOnSitesBy(Adapter other) => other.Freed.FirstOrDefault(freed => Sites.Values.Any(adapter =>
        ReferenceEquals(adapter.Site.Whole.Weight, freed.Parameter) || ReferenceEquals(adapter.Site.Whole.Bias, freed.Parameter)));

    /// <summary>What lies within an adapter goes into the weights before it, unless both only add.</summary>
    private string? OrderObstacle(string site, SiteAdapter adapter) => adapter.Site.Attached
        .TakeWhile(other => other != adapter).Any(within => !within.IsMerged && !(within.OnlyAdds && adapter.OnlyAdds))
            ? $"The {Method} adapter of {site} cannot be merged before the adapter that was attached to the layer earlier, because the two "
                + "do more than add: merge that one first."
            : null;

    /// <summary>Whether another layer computes with the weight of a site.</summary>
    private bool IsShared(Site site) => Model.Sites.Values.Any(other => other.Tied && ReferenceEquals(other.Weight, site.Weight));

    private static string TiedObstacle(string site) =>
        $"The adapter of {site} cannot be merged, because the layer shares its weight with another: untie it first.";

    /// <summary>
    /// Folds the adapters into the weights, so that the bare base computes what base and adapters did, up to rounding. A
    /// second call changes nothing. The weights as they were are kept for <see cref="Unmerge"/>. Switched off or weighted
    /// while it is merged, it is folded in anew.
    /// </summary>
    /// <exception cref="AdapterException">With the <see cref="MergeObstacle"/>, where there is one.</exception>
    public void Merge()
    {
        if (IsMerged)
            return;
        if (MergeObstacle is { } obstacle)
            throw new AdapterException(obstacle);
        SetMerged(true);
    }

    /// <summary>
    /// Takes a merge back, in whatever order others were merged: the same weights to the last bit, and the adapters beside them again.
    /// </summary>
    /// <exception cref="AdapterException">When an adapter around this one is merged still, and the two do more than add.</exception>
    public void Unmerge()
    {
        if (!IsMerged)
            return;
        foreach (var (name, adapter) in Sites)
            if (adapter.Site.Attached.SkipWhile(other => other != adapter).Skip(1)
                .Any(around => around.IsMerged && !(around.OnlyAdds && adapter.OnlyAdds)))
                throw new AdapterException($"The {Method} adapter of {name} cannot be unmerged before the adapter that was attached to the "
                    + "layer later, because the two do more than add: unmerge that one first.");
        SetMerged(false);
    }

    /// <summary>Tells the layers how much of it is done.</summary>
    private void Arrange()
    {
        foreach (var adapter in Sites.Values)
        {
            adapter.Weight = IsActive ? Weight : 0;
            adapter.Site.Arrange();
        }
    }

    private void RefuseToSwitch(bool on)
    {
        if (Freed.FirstOrDefault(freed => freed.Base is null) is { } unkept)
            throw new AdapterException($"The {Method} adapter cannot be switched off: it trains '{unkept.Name}' of the base, whose own "
                + "value was not kept. Attach it with KeepsBase.");
        if (IsMerged && FreedOnSitesBy(this) is { } within)
            throw new AdapterException($"The {Method} adapter is merged into '{within.Name}' of the base, which it trains too: unmerge it "
                + "before it is switched on or off.");
        if (!on)
            return;
        var mine = Freed.Select(freed => freed.Name).ToHashSet();
        foreach (var other in Model.Adapters.Where(other => other.IsActive))
            if (other.Freed.FirstOrDefault(freed => mine.Contains(freed.Name)) is { } claimed)
                throw new AdapterException($"The {Method} adapter cannot be switched on while the {other.Method} adapter beside it is: "
                    + $"both have a value of their own for '{claimed.Name}' of the base.");
    }

    private void SetMerged(bool merged)
    {
        IsMerged = merged;
        foreach (var adapter in Sites.Values)
        {
            adapter.IsMerged = merged;
            adapter.Site.Arrange();
        }
    }

    /// <summary>
    /// Takes the adapters off the sites, merged or not, and frees their tensors. Parameters of the base that it trained are frozen, and
    /// are the base's again where those were kept.
    /// </summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        Leave();
        foreach (var adapter in Sites.Values)
            adapter.Dispose();
        foreach (var adapter in Parts)
            adapter.Dispose();
        foreach (var shared in Shared)
            shared.Dispose();
        foreach (var expert in Experts)
            expert.Dispose();
    }

    /// <summary>Takes the adapters off the sites, and leaves them to who asks: the base is as it was, and this is no more.</summary>
    internal IReadOnlyDictionary<string, SiteAdapter> TakeOff()
    {
        Leave();
        return Sites;
    }

    private void Leave()
    {
        _disposed = true;
        foreach (var adapter in Sites.Values)
            adapter.Site.Remove(adapter);
        IsMerged = false;
        foreach (var adapter in Parts)
            adapter.Part.Remove(adapter);
        if (IsActive)
            Changes?.End();
        foreach (var freed in Freed)
            freed.Restore(isTrained: IsActive);
        Model.Carried.Remove(this);
        foreach (var parameter in Model.Adapters.Count == 0 ? Model.parameters() : Freed.Select(freed => freed.Parameter))
        {
            if (Model.Adapters.Any(other => other.IsActive && other.Freed.Any(freed => ReferenceEquals(freed.Parameter, parameter))))
                continue;
            parameter.requires_grad = false;
            parameter.grad?.Dispose();
            parameter.grad = null;
        }
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

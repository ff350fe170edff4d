using Adapters.Checkpoints;
using Adapters.Mechanisms;
using static TorchSharp.torch;

namespace Adapters.Methods;

/// <summary>
/// Trained adapters of any one method as a composition computes with them: rebuilt from their folders layer by layer, in
/// evaluation mode, frozen, and off the base again. Who takes a layer's adapters frees them.
/// </summary>
internal sealed class FrozenAdapters
{
    private const string Root = Attachment.Root;

    private readonly IReadOnlyList<IReadOnlyDictionary<string, SiteAdapter>> _adapters; // each by site

    private FrozenAdapters(IReadOnlyList<IReadOnlyDictionary<string, SiteAdapter>> adapters) => _adapters = adapters;

    /// <summary>Number of adapters.</summary>
    public int Count => _adapters.Count;

    /// <summary>Each one's part on a site; null where it leaves it alone.</summary>
    public IReadOnlyList<SiteAdapter?> On(string site) => [.. _adapters.Select(adapter => adapter.GetValueOrDefault(site))];

    /// <summary>Whether any has a part on a site.</summary>
    public bool Adapts(string site) => _adapters.Any(adapter => adapter.ContainsKey(site));

    /// <summary>
    /// Reads the adapters that a trial names; the attachment keeps them, to save them with the composition. A task's head that they
    /// trained along is left out: the composition trains its own.
    /// </summary>
    /// <param name="on">Names them.</param>
    /// <param name="method">The method that all must be of.</param>
    /// <param name="mixes">Which parameters of the base they may have trained, because the composition mixes them too.</param>
    /// <exception cref="AdapterException">When there are none, or one is of another method, another base, or lacks a tensor.</exception>
    public static FrozenAdapters Read(Attachment on, string method, Func<string, bool>? mixes = null)
    {
        if (on.Context.Experts.Count == 0)
            throw new AdapterException($"Method '{on.Method}' composes trained {method} adapters, but was given none.");
        on.Experts = [.. on.Context.Experts.Select(folder => StoredAdapter.Read(folder, on.Model.Device))];
        List<IReadOnlyDictionary<string, SiteAdapter>> rebuilt = [];
        try
        {
            foreach (var stored in on.Experts)
                rebuilt.Add(Rebuild(stored, on, method, mixes));
        }
        catch
        {
            foreach (var part in rebuilt.SelectMany(adapter => adapter.Values))
                part.Dispose();
            throw;
        }

        return new FrozenAdapters(rebuilt);
    }

    private static IReadOnlyDictionary<string, SiteAdapter> Rebuild(
        StoredAdapter stored, Attachment on, string method, Func<string, bool>? mixes)
    {
        var plan = AdapterPlan.Of(stored.Config, stored.Folder);
        if (plan.Method != method)
            throw new AdapterException($"{stored.Folder} holds an adapter of the method '{plan.Method}', but only {method} adapters "
                + $"can be experts of method '{on.Method}'.");
        var adapter = MethodCatalogue.Find(method).Method.Attach(on.Model, plan.Options, plan.Context with { IsRestored = true });
        try
        {
            plan.RefuseOtherBase(stored.Folder, on.Model, (string?)adapter.Config["orchestrator"]!["base_fingerprint"]);
            if (adapter.Shared.Count > 0)
                throw new AdapterException($"{stored.Folder} holds an adapter whose layers share tensors, which cannot be mixed.");
            var own = adapter.Sites.Values.SelectMany(part => part.parameters()).ToHashSet();
            var freed = adapter.Trainable.Where(pair => !own.Contains(pair.Parameter)).Select(pair => pair.Name)
                .Where(name => mixes?.Invoke(name) != true);
            if (freed.Except(plan.Context.Head.Select(name => Root + name)).Min() is { } other)
                throw new AdapterException($"{stored.Folder} has also trained '{other}', which cannot be mixed.");
            foreach (var (name, parameter) in adapter.Trainable.Where(pair => own.Contains(pair.Parameter)))
            {
                Fill(stored.Tensors, name, parameter);
                parameter.requires_grad = false;
            }

            foreach (var kept in adapter.Kept.Where(kept => kept.Keeping == Keeping.Beside))
                Fill(stored.Beside, kept.Name, kept.Tensor);
        }
        catch
        {
            adapter.Dispose();
            throw;
        }

        foreach (var part in adapter.Sites.Values)
            part.eval();
        return adapter.TakeOff();

        void Fill(IReadOnlyDictionary<string, Tensor> saved, string name, Tensor place)
        {
            if (!saved.TryGetValue(name, out var tensor) || !tensor.shape.SequenceEqual(place.shape))
                throw new AdapterException($"{stored.Folder} lacks the tensor '{name}' [{string.Join(", ", place.shape)}].");
            place.copy_(tensor);
        }
    }
}

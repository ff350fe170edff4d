using Adapters.Mechanisms;
using Adapters.Methods;
using Adapters.Models;
using static TorchSharp.torch;

namespace Adapters.Checkpoints;

/// <summary>
/// Adapters on disk as Hugging Face PEFT lays them out. Methods that PEFT has are saved so that PEFT loads them; the
/// block <c>orchestrator</c> of the config, which PEFT passes over, says how to rebuild ours.
/// </summary>
public static class AdapterFolder
{
    /// <summary>Writes an adapter; an older one in that folder is replaced.</summary>
    public static void Save(Adapter adapter, string folder)
    {
        var config = adapter.Config.DeepClone().AsObject();
        if (adapter.Experts.Count > 0)
            config["orchestrator"]!["experts"] = adapter.Experts.Count;
        new StoredAdapter
        {
            Config = config,
            Tensors = Saved(adapter).ToDictionary(pair => pair.Name, pair => Trained(pair.Tensor)),
            Beside = adapter.Kept.Where(kept => kept.Keeping == Keeping.Beside).ToDictionary(kept => kept.Name, kept => kept.Tensor),
            Experts = adapter.Experts,
        }.Write(folder);

        // Of an adapter that is switched off, what it trained of the base lies aside.
        Tensor Trained(Tensor tensor) =>
            adapter.Freed.FirstOrDefault(freed => ReferenceEquals(freed.Parameter, tensor))?.Trained ?? tensor;
    }

    /// <summary>Puts a saved adapter on a model: it computes what it did when it was saved, to the last bit.</summary>
    /// <param name="folder">A folder that <see cref="Save"/> or PEFT wrote.</param>
    /// <param name="model">The base that it was trained on, without an adapter.</param>
    /// <exception cref="AdapterException">
    /// When the folder cannot be read, belongs to another base, asks for what there is not, or lacks a tensor or has one too
    /// many.
    /// </exception>
    public static Adapter Load(string folder, BaseModel model)
    {
        var plan = AdapterPlan.Of(StoredAdapter.ReadConfig(Path.Combine(folder, "adapter_config.json")), folder);
        var adapter = MethodCatalogue.Find(plan.Method).Method.Attach(
            model, plan.Options, plan.Context with { IsRestored = true });
        try
        {
            plan.RefuseOtherBase(folder, model, (string?)adapter.Config["orchestrator"]!["base_fingerprint"]);
            Fill(adapter, Path.Combine(folder, StoredAdapter.TensorFile), Saved(adapter));
            if (Path.Combine(folder, StoredAdapter.BesideFile) is var beside && File.Exists(beside))
                Fill(adapter, beside, adapter.Kept.Where(kept => kept.Keeping == Keeping.Beside).Select(kept => (kept.Name, kept.Tensor)));
            return adapter;
        }
        catch
        {
            adapter.Dispose();
            throw;
        }
    }

    /// <summary>What the adapter's own file holds.</summary>
    private static IEnumerable<(string Name, Tensor Tensor)> Saved(Adapter adapter) =>
        adapter.Trainable.Concat(adapter.Aliases).Select(pair => (pair.Name, (Tensor)pair.Parameter))
            .Concat(adapter.Kept.Where(kept => kept.Keeping == Keeping.WithAdapter).Select(kept => (kept.Name, kept.Tensor)));

    private static void Fill(Adapter adapter, string path, IEnumerable<(string Name, Tensor Tensor)> places)
    {
        using var file = SafeTensorsFile.Open(path);
        var tensors = places.ToList();
        var names = tensors.Select(pair => pair.Name).ToHashSet();
        if (file.Entries.Keys.Order(StringComparer.Ordinal).FirstOrDefault(name => !names.Contains(name)) is { } unknown)
            throw new AdapterException(
                $"{path} holds the tensor '{unknown}', for which this {adapter.Method} adapter has no place.");
        foreach (var (name, tensor) in tensors)
        {
            if (!file.Entries.ContainsKey(name))
                throw new AdapterException($"{path} lacks the tensor '{name}', which the {adapter.Method} adapter has trained.");
            file.ReadInto(name, tensor);
        }
    }
}

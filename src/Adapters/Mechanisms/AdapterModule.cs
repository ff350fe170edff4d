using TorchSharp.Modules;
using static TorchSharp.torch.nn;
using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>A part of an adapter with tensors of its own, some of them trained, each saved under its key.</summary>
public abstract class AdapterModule(string name) : Module(name)
{
    private readonly Dictionary<string, Keeping> _kept = [];

    /// <summary>Tensors that are not trained but that it computes with, by the key they are kept under; those of its parts too.</summary>
    internal IEnumerable<(string Key, Tensor Tensor, Keeping Keeping)> Kept => named_buffers(recurse: false)
        .Select(pair => (pair.name, pair.buffer, _kept[pair.name]))
        .Concat(named_children().Where(child => child.module is AdapterModule)
            .SelectMany(child => ((AdapterModule)child.module).Kept
                .Select(each => ($"{child.name}.{each.Key}", each.Tensor, each.Keeping))));

    /// <summary>Takes a parameter as its own: trained, freed with it, saved under the site's name and this key.</summary>
    /// <returns>The parameter.</returns>
    protected Parameter Own(string key, Tensor value)
    {
        var parameter = value as Parameter ?? Parameter(InPrecision(value));
        register_parameter(key, (Parameter)parameter.DetachFromDisposeScope());
        return parameter;
    }

    /// <summary>Takes a tensor as its own that is not trained: freed with it, kept as said.</summary>
    /// <returns>The tensor.</returns>
    protected Tensor Keep(string key, Tensor value, Keeping keeping)
    {
        var kept = InPrecision(value.detach()).DetachFromDisposeScope();
        register_buffer(key, kept);
        _kept.Add(key, keeping);
        return kept;
    }

    /// <summary>What its tensors lie in; null for what they are given in.</summary>
    protected virtual ScalarType? OwnPrecision => null;

    private Tensor InPrecision(Tensor value) =>
        OwnPrecision is { } precision && value.is_floating_point() ? value.to(precision) : value;

    /// <summary>Nothing beside what is owned and kept: what it stands around is the base's.</summary>
    protected override void RegisterComponents() { }
}

/// <summary>Where a tensor that is not trained is kept.</summary>
public enum Keeping
{
    /// <summary>In the adapter's own file, where PEFT keeps it too.</summary>
    WithAdapter,

    /// <summary>In a file beside it, which only we read: PEFT makes it again, but not to the same bits on every machine.</summary>
    Beside,

    /// <summary>In checkpoints alone: a training goes on with it, a trained adapter does not need it.</summary>
    InCheckpoints,

    /// <summary>Nowhere: a seed or the options give it again, to the same bits on every machine.</summary>
    Remade,
}

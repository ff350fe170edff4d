using static TorchSharp.torch.nn;

namespace Adapters.Models.Layers;

/// <summary>A step in the names of the files that computes nothing itself, such as <c>attention.output</c>.</summary>
internal sealed class Container : Module
{
    public Container(params IEnumerable<(string Name, Module Module)> children) : base(nameof(Container))
    {
        foreach (var (name, child) in children)
            register_module(name, child);
    }

    protected override void RegisterComponents() { }
}

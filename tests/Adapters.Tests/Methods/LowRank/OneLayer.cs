using Adapters.Checkpoints;
using Adapters.Methods;
using Adapters.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.LowRank;

/// <summary>A model of one layer, called <c>lin</c>.</summary>
internal sealed class OneLayer : BaseModel
{
    public OneLayer(Site layer) : base("one-layer", []) => register_module("lin", Layer = layer);

    /// <summary>A linear layer of that weight <c>[out, in]</c>.</summary>
    public OneLayer(Tensor weight, bool hasBias = false) : this(new LinearSite(weight.shape[1], weight.shape[0], hasBias))
    {
        using var frozen = no_grad();
        Layer.Weight.copy_(weight);
    }

    public Site Layer { get; }

    public override IReadOnlyList<string> DefaultTargets => ["lin"];

    public override IReadOnlyList<string> AttentionTargets => [];

    public override SitePlace? PlaceOf(string site) => null;

    /// <summary>The tensors of a case of PEFT's.</summary>
    public static Dictionary<string, Tensor> Case(string method, string name) =>
        SafeTensorsFile.ReadAll(GoldenFiles.Of("peft", method, name, "tensors.safetensors"));

    /// <summary>Gives a trained tensor of the layer, or one that layers share, a value.</summary>
    public static Parameter Set(Adapter adapter, string key, params ReadOnlySpan<float> values)
    {
        using var frozen = no_grad();
        var parameter = adapter.Trainable.Single(pair => pair.Name.EndsWith($".{key}", StringComparison.Ordinal)).Parameter;
        parameter.copy_(tensor(values.ToArray()).view(parameter.shape));
        return parameter;
    }

    public static Tensor Kept(Adapter adapter, string key) =>
        adapter.Kept.Single(kept => kept.Name.EndsWith($".{key}", StringComparison.Ordinal)).Tensor;

    public static Tensor Matrix(long rows, params ReadOnlySpan<float> values) => tensor(values.ToArray()).view(rows, -1);

    protected override void RegisterComponents() { }
}

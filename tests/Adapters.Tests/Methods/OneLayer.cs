using Adapters.Methods;
using Adapters.Models;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Tests.Methods;

/// <summary>A model of one layer, <c>lin</c>, with seeded weights, for what a method computes in it.</summary>
internal sealed class OneLayer : BaseModel
{
    private OneLayer(Site layer, ulong seed) : base("one-layer", [])
    {
        register_module("lin", Layer = layer);
        using var frozen = no_grad();
        using var generator = new Generator(seed);
        foreach (var parameter in layer.parameters())
            parameter.normal_(0, 1, generator).requires_grad_(false);
    }

    public Site Layer { get; }

    public override IReadOnlyList<string> DefaultTargets => ["lin"];

    public override IReadOnlyList<string> AttentionTargets => ["lin"];

    public override SitePlace? PlaceOf(string site) => null;

    protected override void RegisterComponents() { }

    public static OneLayer Linear(long inputs, long outputs, bool hasBias = true, ulong seed = 3) =>
        new(new LinearSite(inputs, outputs, hasBias), seed);

    /// <summary>A layer that fuses q, k and v.</summary>
    public static OneLayer Fused(long inputs, long outputs)
    {
        var layer = new LinearSite(inputs, 3 * outputs, hasBias: true);
        layer.Fuse("q", "k", "v");
        return new(layer, seed: 3);
    }

    /// <summary>A layer with the given weight and no bias.</summary>
    public static OneLayer Linear(Tensor weight)
    {
        var model = Linear(weight.shape[1], weight.shape[0], hasBias: false);
        using var frozen = no_grad();
        model.Layer.Weight.copy_(weight);
        return model;
    }

    /// <summary>A layer of bfloat16, without a bias.</summary>
    public static OneLayer Half(long inputs, long outputs)
    {
        var weight = Parameter(zeros(outputs, inputs, dtype: bfloat16));
        var layer = new LinearSite(weight);
        layer.register_parameter("weight", weight);
        return new(layer, seed: 3);
    }

    /// <summary>A convolution of 3×2 kernels.</summary>
    public static OneLayer Convolution(long channels, long outputs) =>
        new(new ConvolutionSite(channels, outputs, (3, 2), device: null) { Stride = (2, 1), Padding = 1 }, seed: 3);

    /// <summary>Puts a method on the layer and, unless told otherwise, moves all that it trains somewhere.</summary>
    public Adapter Attach(string method, string options = "{}", bool perturbed = true)
    {
        var adapter = TinyBase.Attach(method, this, options);
        if (perturbed)
            TinyBase.Perturb(adapter);
        return adapter;
    }

    /// <summary>The layer's output, in evaluation mode and without gradients.</summary>
    public Tensor Evaluate(Tensor x)
    {
        using var frozen = no_grad();
        eval();
        return Layer.call(x);
    }

    /// <summary>Asserts that the layer computes with these weights, beside the adapter and merged.</summary>
    public static void AssertComputes(Adapter adapter, Tensor matrix, Tensor? bias, double tolerance = 1e-5)
    {
        using var frozen = no_grad();
        var model = (OneLayer)adapter.Model;
        var site = model.Layer;
        using var generator = new Generator(4);
        var x = site is ConvolutionSite ? empty(2, site.Weight.shape[1], 5, 6).normal_(0, 1, generator)
            : empty(2, 3, site.Inputs).normal_(0, 1, generator);
        var expected = site.Apply(x, site.Shape(matrix), bias);

        TensorAssert.Close(expected, model.Evaluate(x), tolerance);
        model.train(); // nothing random may enter a merge
        adapter.Merge();
        TensorAssert.Close(expected, model.Evaluate(x), tolerance);
        adapter.Unmerge();
    }

    /// <summary>A trained tensor by its key.</summary>
    public static Tensor Trained(Adapter adapter, string key) =>
        adapter.Trainable.Single(pair => pair.Name == $"base_model.model.lin.{key}").Parameter;

    /// <summary>Gives a trained tensor other values.</summary>
    public static void Set(Adapter adapter, string key, Tensor value)
    {
        using var frozen = no_grad();
        Trained(adapter, key).copy_(value);
    }

    /// <summary>The message by which a method refuses these options on this layer.</summary>
    public string Refusal(string method, string options) =>
        Xunit.Assert.Throws<AdapterException>(() => Attach(method, options)).Message;
}

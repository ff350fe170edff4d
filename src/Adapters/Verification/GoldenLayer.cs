using System.Text.Json.Nodes;
using Adapters.Mechanisms;
using Adapters.Models;
using static TorchSharp.torch;

namespace Adapters.Verification;

/// <summary>The frozen linear layer of a case: <c>in.weight</c> and, where there is one, <c>in.bias</c>.</summary>
internal static class GoldenLayer
{
    /// <summary>The file of a case's tensors: named by an entry of a manifest, else the usual one.</summary>
    public static GoldenTensors TensorsOf(GoldenCase golden) =>
        golden.Tensors((string?)golden.NodeAt("file") ?? "tensors.safetensors");

    public static LinearSite From(Tensor weight, Tensor? bias)
    {
        var site = new LinearSite(weight.shape[1], weight.shape[0], bias is not null, weight.device);
        using var frozen = no_grad();
        site.Weight.copy_(weight);
        site.Weight.requires_grad = false;
        if (bias is null)
            return site;
        site.Bias!.copy_(bias);
        site.Bias.requires_grad = false;
        return site;
    }

    /// <summary>The scale of a case's low-rank update: <c>scaling</c> where it is stated, else that of alpha and rank.</summary>
    public static double LoraScaleOf(GoldenCase golden)
    {
        if (golden.NumberAt("hyperparameters.scaling") is { } stated)
            return stated;
        var (alpha, rank) = (golden.Hyperparameter<double>("alpha"), golden.Hyperparameter<int>("rank"));
        return alpha / (golden.Hyperparameter("use_rslora", false) ? Math.Sqrt(rank) : rank);
    }

    /// <summary>Which experts of a case may be used.</summary>
    public static bool[] ActiveIn(GoldenTensors tensors) => [.. tensors["in.active"].ne(0).data<bool>()];

    /// <summary>How a case's gate makes one feature vector of many positions.</summary>
    public static GatePooling Pooling(this GoldenCase golden) => golden.Hyperparameter<string>("pooling") switch
    {
        "mean" => GatePooling.Mean,
        "flatten" => GatePooling.Flatten,
        "causal-mean" => GatePooling.CausalMean,
        var other => throw new UnsupportedCaseException($"there is no pooling '{other}'."),
    };

    /// <summary>Numbers of a hyperparameter that a case must state.</summary>
    public static IReadOnlyList<double> Numbers(this GoldenCase golden, string name) =>
        golden.NodeAt($"hyperparameters.{name}") is JsonArray list ? [.. list.Select(each => each!.GetValue<double>())]
            : throw new UnsupportedCaseException($"the case does not state the hyperparameter '{name}'.");

    /// <summary>A hyperparameter that a case must state.</summary>
    public static T Hyperparameter<T>(this GoldenCase golden, string name) => golden.NodeAt($"hyperparameters.{name}") is { } node
        ? node.GetValue<T>()
        : throw new UnsupportedCaseException($"the case does not state the hyperparameter '{name}'.");

    /// <summary>A hyperparameter that a case may state.</summary>
    public static T Hyperparameter<T>(this GoldenCase golden, string name, T otherwise) =>
        golden.NodeAt($"hyperparameters.{name}") is JsonValue node ? node.GetValue<T>() : otherwise;
}

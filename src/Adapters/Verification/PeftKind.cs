using System.Text.Json.Nodes;
using Adapters.Checkpoints;
using Adapters.Mechanisms;
using Adapters.Methods;
using Adapters.Models;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using Parameter = TorchSharp.Modules.Parameter;

namespace Adapters.Verification;

/// <summary>
/// One layer adapted by Hugging Face PEFT, of whatever method: read as a folder of PEFT's is, so that a case checks names and
/// fields too. Output, gradients, five steps, merged weight; of the methods that start from the base's weight, the start.
/// </summary>
[GoldenKind("peft/*")]
internal sealed class PeftKind : IGoldenKind
{
    private const string Layer = "lin";
    private const string Before = "in.lin.";

    private static readonly JsonNode Steps = JsonNode.Parse("""{"name": "sgd", "lr": 0.1, "steps": 5}""")!;

    public void Check(GoldenCase golden, Comparison compare)
    {
        var tensors = GoldenLayer.TensorsOf(golden);
        var config = ConfigOf(golden);
        var (method, options) = PeftConfig.Read(config, golden.Folder);
        using var model = new SingleLayer(SiteOf(golden, tensors));
        using var adapter = method.Method.Attach(model, options, new AttachContext());
        Fill(adapter, tensors);
        CheckFoundation(adapter.Sites[Layer], tensors, compare);

        var x = tensors["in.x"].clone();
        if (x.is_floating_point())
            x.requires_grad_();
        model.train(); // as the reference was, which drops nothing out here
        var target = tensors["in.target"];
        var y = model.Layer.call(x);
        compare.Output("out.y", y, tensors["out.y"]);
        GoldenTraining.CheckGradients(tensors, compare, functional.mse_loss(y, target),
            () => Named(adapter).Select(pair => ($"{Layer}.{pair.Key}", pair.Parameter.grad)).Append(("x", x.grad)));
        GoldenTraining.CheckSteps(Steps, tensors, compare, [.. Named(adapter)],
            _ => functional.mse_loss(model.Layer.call(tensors["in.x"]), target),
            () => Named(adapter).Select(pair => ($"{Layer}.{pair.Key}", (Tensor)pair.Parameter)));
        if (tensors.Find("after.merged_weight") is not { } merged)
            return;
        adapter.Merge();
        compare.Output("after.merged_weight", model.Layer.Weight, merged);
    }

    /// <summary>PEFT's config, in which the cases write sets as Python prints them.</summary>
    private static JsonObject ConfigOf(GoldenCase golden)
    {
        var config = golden.NodeAt("hyperparameters")?.DeepClone() as JsonObject
            ?? throw new AdapterException("The case states no hyperparameters.");
        foreach (var (name, value) in config.ToArray())
            if (value is JsonValue text && text.TryGetValue(out string? set) && (set == "set()" || set.StartsWith('{')))
                config[name] = new JsonArray([.. set.Split('\'').Where((_, index) => index % 2 == 1).Select(item => (JsonNode)item)]);
        return config;
    }

    private static Site SiteOf(GoldenCase golden, GoldenTensors tensors)
    {
        var (weight, bias) = (tensors["base.lin.weight"], tensors.Find("base.lin.bias"));
        Site site = (string?)golden.NodeAt("layer") switch
        {
            "linear" => new LinearSite(weight.shape[1], weight.shape[0], bias is not null, weight.device),
            "embedding" => new EmbeddingSite(weight.shape[0], weight.shape[1], padding: null, weight.device),
            "conv2d" => new ConvolutionSite(
                weight.shape[1], weight.shape[0], (weight.shape[2], weight.shape[3]), weight.device, bias is not null)
            {
                Padding = (tensors["out.y"].shape[2] - tensors["in.x"].shape[2] + weight.shape[2] - 1) / 2,
            },
            var other => throw new UnsupportedCaseException($"there is no layer of kind '{other}'."),
        };
        using var frozen = no_grad();
        site.Weight.copy_(weight);
        if (bias is not null)
            site.Bias!.copy_(bias);
        return site;
    }

    /// <summary>Gives the adapter the state that the case begins with, by the names that PEFT saves it under.</summary>
    private static void Fill(Adapter adapter, GoldenTensors tensors)
    {
        using var frozen = no_grad();
        foreach (var (key, parameter) in Named(adapter))
            parameter.copy_(tensors[Before + key]);
        foreach (var (name, tensor, _) in adapter.Kept)
            if (tensors.Find(Before + KeyOf(name)) is { } value)
                tensor.copy_(value);
    }

    /// <summary>What PEFT holds as the base layer: what an initialisation took from the weight is missing in it.</summary>
    private static void CheckFoundation(SiteAdapter adapter, GoldenTensors tensors, Comparison compare)
    {
        using var frozen = no_grad();
        var site = adapter.Site;
        var held = adapter.Foundation(new LayerWeights(site.Matrix(site.Weight), site.Bias));
        compare.OutputIfAny(Before + "base_layer.weight", () => site.Shape(held.Matrix), tensors);
        if (held.Bias is { } bias)
            compare.OutputIfAny(Before + "base_layer.bias", () => bias, tensors);
    }

    private static IEnumerable<(string Key, Parameter Parameter)> Named(Adapter adapter) =>
        adapter.Trainable.Select(pair => (KeyOf(pair.Name), pair.Parameter));

    /// <summary>A saved name as a case has it: that of the layer, whoever the tensor belongs to.</summary>
    private static string KeyOf(string name)
    {
        var key = name.Replace($"base_model.model.{Layer}.", "", StringComparison.Ordinal)
            .Replace("base_model.", "", StringComparison.Ordinal);
        return key == "lora_magnitude_vector" ? key + ".weight" : key;
    }

    /// <summary>A model of one layer.</summary>
    private sealed class SingleLayer : BaseModel
    {
        public SingleLayer(Site layer) : base("single-layer", [])
        {
            register_module(PeftKind.Layer, Layer = layer);
        }

        public Site Layer { get; }

        public override IReadOnlyList<string> DefaultTargets => [PeftKind.Layer];

        public override IReadOnlyList<string> AttentionTargets => [PeftKind.Layer];

        public override SitePlace? PlaceOf(string site) => null;

        protected override void RegisterComponents() { }
    }
}

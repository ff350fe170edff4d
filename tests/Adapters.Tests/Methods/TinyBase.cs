using Adapters.Checkpoints;
using Adapters.Methods;
using Adapters.Models;
using Adapters.Models.Causal;
using Adapters.Models.Sam;
using Adapters.Models.Vit;
using Adapters.Models.VisionLanguage;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods;

/// <summary>Small bases with random weights everywhere, and a fixed input for each.</summary>
internal sealed class TinyBase(string folder, string? eyes = null)
{
    public static readonly TinyBase Llama = new("llama/mha");

    public static readonly TinyBase TiedLlama = new("llama/gqa-tied");

    public static readonly TinyBase Qwen = new("qwen2/bias-tied");

    public static readonly TinyBase Vit = new("vit/base");

    public static readonly TinyBase Sam = new("sam/window-global");

    public static readonly TinyBase SeeingLlama = new("llama/gqa-tied", eyes: "vit/base");

    public static readonly TinyBase SamLlama = new("llama/mha", eyes: "sam/window-global");

    public static IReadOnlyDictionary<string, TinyBase> All { get; } =
        new[] { Llama, TiedLlama, Qwen, Vit, Sam, SeeingLlama, SamLlama }.ToDictionary(tiny => tiny.Name);

    public string Name => eyes is null ? folder : $"{VisionLanguageModel.FamilyName}/{eyes} + {folder}";

    /// <summary>Whether it is made of two, each of which stands here for itself too.</summary>
    public bool IsJoined => eyes is not null;

    /// <summary>A base that a method works on: the one of images, if it does on that.</summary>
    public static TinyBase For(string method) => MethodCatalogue.Find(method).Families is { Count: > 0 } families
        ? new[] { Vit, Sam, Llama, SeeingLlama }.First(tiny => families.Contains(tiny.Name.Split('/')[0]))
        : Vit;

    public BaseModel Load()
    {
        return eyes is null ? ModelFolder.Load(At(folder)) : ModelFolder.LoadTogether(At(eyes), At(folder));

        static string At(string golden) => GoldenFiles.Of(["models", .. golden.Split('/')]);
    }

    /// <summary>Parameters that a task would train under every method.</summary>
    public static IReadOnlyList<string> HeadOf(BaseModel model) =>
        [.. model.named_parameters().Select(pair => pair.name)
            .Where(name => name.Split('.')[0] is "classifier" or "mask_decoder" or "projector")];

    /// <summary>The model's output on its fixed input of two samples.</summary>
    public static Tensor Run(BaseModel model) => model switch
    {
        CausalModel causal => causal.Logits(Tokens()),
        VitModel vit => vit.Logits(Pixels(vit.Architecture.Grid.Height * 8)),
        SamModel sam => sam.MaskLogits(Pixels(64)),
        VisionLanguageModel seeing => seeing.Logits(Tokens(), Pixels(seeing.Image.Height)),
        OneLayer one => one.Layer.call(arange(0, 64 * one.Layer.Inputs).mul(0.7).sin().reshape(2, 32, -1)),
        _ => throw new NotSupportedException(model.Family),
    };

    /// <summary>The output in evaluation mode, without gradients.</summary>
    public static Tensor Evaluate(BaseModel model)
    {
        using var frozen = no_grad();
        model.eval();
        return Run(model);
    }

    /// <summary>A loss in training mode, the method's own term included.</summary>
    public static Tensor Loss(Adapter adapter)
    {
        using var scope = NewDisposeScope();
        adapter.Model.train();
        var loss = Run(adapter.Model).square().mean();
        if (adapter.AuxiliaryLoss is { } auxiliary)
            loss += auxiliary();
        return loss.MoveToOuterDisposeScope();
    }

    /// <summary>Moves everything that is trained somewhere, as if it had been.</summary>
    public static void Perturb(Adapter adapter, ulong seed = 5, double deviation = 0.1)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var generator = new Generator(seed);
        foreach (var (_, parameter) in adapter.Trainable)
            parameter.add_(empty(parameter.shape).normal_(0, deviation, generator));
    }

    /// <summary>Folders of two experts for a base, LoRAs unless told otherwise.</summary>
    public static IReadOnlyList<string> Experts(TinyBase tiny, TemporaryFolder folder, string options = "{}", int count = 2,
        bool head = false, string method = "lora") =>
        [.. Enumerable.Range(0, count).Select(expert =>
        {
            using var model = tiny.Load();
            return Expert(model, folder.File($"expert-{expert}"), (ulong)expert, options, head, method);
        })];

    /// <summary>The folder of an expert for a base, a LoRA unless told otherwise.</summary>
    public static string Expert(BaseModel model, string folder, ulong seed, string options = "{}", bool head = false,
        string method = "lora")
    {
        var context = new AttachContext { Seed = seed, Head = head ? HeadOf(model) : [] };
        using var adapter = Attach(method, model, options, context);
        Perturb(adapter, seed + 10);
        AdapterFolder.Save(adapter, folder);
        return folder;
    }

    /// <summary>Puts a method on, by default but that a base of windows and whole images takes no gate for both.</summary>
    public static Adapter AttachByDefault(string method, BaseModel model, AttachContext context) =>
        Attach(method, model, method == "mole" && model is SamModel ? """{"granularity": "layer"}""" : "{}", context);

    /// <summary>What a trial would add for a method on this base.</summary>
    public AttachContext ContextFor(string method, BaseModel model, TemporaryFolder folder) =>
        ContextFor(method, model, (kind, head) => Experts(this, folder, head: head, method: kind));

    /// <summary>The same on any base, with experts from elsewhere.</summary>
    /// <param name="method">The method.</param>
    /// <param name="model">The base.</param>
    /// <param name="experts">Makes what a composition is of, by a method, with a head or without.</param>
    /// <param name="head">Whether the task has one.</param>
    /// <remarks>Compositions train no head and refuse a task with one; a mixture trains its own.</remarks>
    public static AttachContext ContextFor(
        string method, BaseModel model, Func<string, bool, IReadOnlyList<string>> experts, bool head = true)
    {
        var registered = MethodCatalogue.Find(method);
        head &= !registered.ComposesExperts || !registered.Method.GetType().Namespace!.EndsWith("Compositions", StringComparison.Ordinal);
        return new()
        {
            Seed = 7,
            Head = head ? HeadOf(model) : [],
            Experts = registered.ComposesExperts ? experts(ExpertsOf(method), head) : [],
        };
    }

    /// <summary>What a method composes, where that is no LoRA.</summary>
    private static string ExpertsOf(string method) => method switch
    {
        "mole-conv-lora" or "nla-conv-lora" => "conv-lora",
        "gated-long-lora" => "longlora",
        _ => "lora",
    };

    public static Adapter Attach(string method, BaseModel model, string options = "{}", AttachContext? context = null) =>
        MethodCatalogue.Find(method).Method.Attach(
            model, System.Text.Json.Nodes.JsonNode.Parse(options)!.AsObject(), context ?? new AttachContext());

    public static Tensor Tokens() => arange(0, 48).mul(37).add(11).remainder(127).add(1).reshape(2, 24);

    public static Tensor Pixels(long size) =>
        arange(0, 2 * 3 * size * size, dtype: get_default_dtype()).mul(0.7).sin().reshape(2, 3, size, size);
}

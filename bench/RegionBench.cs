using System.Text.Json.Nodes;
using Adapters.Methods;
using Adapters.Models;
using Adapters.Models.Sam;
using Adapters.Runtime;
using static TorchSharp.torch;

namespace Bench;

/// <summary>
/// What windows and budgets save of Conv-LoRA at large pictures: forward and backward of the fused query, key and value of a block
/// that sees the whole picture, by the picture's size. All but this layer is the same for all of them, and what the update costs beside
/// its factors depends on the rank, not on the layer's width: it is so narrow here that the update can be told from it.
/// </summary>
internal static class RegionBench
{
    private const int Hidden = 64, Patch = 16, Rounds = 24;
    private const string Layer = "vision_encoder.layers.0.attn.qkv";
    private static readonly int[] Pixels = [512, 1024, 2048];

    private static readonly (string Name, string Method, string Options)[] Variants =
    [
        ("lora", "lora", """{"rank": 3}"""),
        ("conv-lora", "conv-lora", "{}"),
        ("windows", "conv-lora-shifted", """{"shift": "none"}"""),
        ("shifted windows", "conv-lora-shifted", "{}"),
        ("half of them", "conv-lora-shifted", """{"budget": 0.5}"""),
        ("a quarter of them", "conv-lora-shifted", """{"budget": 0.25}"""),
    ];

    public static Report Run() => new(
        "regions",
        $"forward and backward of a layer of {Hidden} to {3 * Hidden}, one picture in patches of {Patch}, rank 3, 8 experts, windows of 8; "
            + $"ms: mean of {Rounds} alternating rounds, since each takes another expert; memory: the highest of the first pass",
        ["pixels", "update", "ms", "ms above the layer's own", "time against conv-lora", "MB above the layer's own"],
        [.. Pixels.SelectMany(Compare)]);

    private static IEnumerable<IReadOnlyList<object>> Compare(int pixels)
    {
        var side = pixels / Patch;
        using var layers = NewDisposeScope();
        var x = randn(1, side, side, Hidden).requires_grad_();
        var (plain, _) = WithUpdate(null);
        var updates = Variants.Select(variant => WithUpdate(variant)).ToArray();
        try
        {
            SamModel[] models = [plain, .. updates.Select(update => update.Model)];
            var passes = 0;
            var memory = new long[models.Length];
            var times = Alternation.Time(Rounds, [.. models.Select((model, i) => (Func<TimeSpan>)(() => Pass(model, i)))]);
            for (var i = 0; i < Variants.Length; i++)
                yield return
                [
                    pixels, Variants[i].Name, 1000 * times[i + 1].Average(), 1000 * (times[i + 1].Average() - times[0].Average()),
                    times[i + 1].Average() / times[2].Average(), (memory[i + 1] - memory[0]) / 1e6,
                ];

            TimeSpan Pass(SamModel model, int i)
            {
                manual_seed(passes++ / models.Length); // the noise that chooses experts is the same in a round
                if (memory[i] > 0)
                    return Alternation.Of(() => Run(model));
                var meter = new HostMemoryMeter(); // gives free memory back first, which would slow what is timed
                var before = meter.PeakBytes;
                Run(model);
                memory[i] = meter.PeakBytes - before;
                return TimeSpan.Zero;
            }

            void Run(SamModel model)
            {
                using var scope = NewDisposeScope();
                ((LinearSite)model.Sites[Layer]).call(x).square().mean().backward();
            }
        }
        finally
        {
            plain.Dispose();
            foreach (var (model, adapter) in updates)
            {
                adapter!.Dispose();
                model.Dispose();
            }
        }
    }

    private static (SamModel Model, Adapter? Adapter) WithUpdate((string Name, string Method, string Options)? variant)
    {
        var model = (SamModel)ModelFolder.Create(
            new JsonObject
            {
                ["model_type"] = "sam",
                ["vision_config"] = new JsonObject
                {
                    ["hidden_size"] = Hidden, ["num_attention_heads"] = 4,
                    ["num_hidden_layers"] = 1, ["global_attn_indexes"] = new JsonArray(0),
                },
            },
            seed: 1);
        var adapter = variant is var (_, method, options)
            ? MethodCatalogue.Find(method).Method.Attach(model, JsonNode.Parse(options)!.AsObject(), new AttachContext { Seed = 1 })
            : null;
        foreach (var parameter in model.parameters())
            parameter.requires_grad = adapter?.Trainable.Any(pair => pair.Parameter.Handle == parameter.Handle) == true;
        model.train();
        return (model, adapter);
    }
}

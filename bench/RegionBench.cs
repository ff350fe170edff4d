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
        ("none", "base", "{}"),
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
        using var scope = NewDisposeScope();
        var x = randn(1, side, side, Hidden).requires_grad_();
        var updated = Variants.Select(variant => WithUpdate(variant.Method, variant.Options)).ToArray();
        try
        {
            var passes = 0;
            var memory = new long[updated.Length];
            var times = Alternation.Time(Rounds, [.. updated.Select((update, i) => (Func<TimeSpan>)(() => Pass(update.Model, i)))]);
            var means = times.Select(rounds => 1000 * rounds.Average()).ToArray();
            var reference = means[Array.FindIndex(Variants, variant => variant.Name == "conv-lora")];
            for (var i = 1; i < Variants.Length; i++)
                yield return
                [
                    pixels, Variants[i].Name, means[i], means[i] - means[0], means[i] / reference, (memory[i] - memory[0]) / 1e6,
                ];

            TimeSpan Pass(SamModel model, int i)
            {
                manual_seed(passes++ / updated.Length); // the noise that chooses experts is the same in a round
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
                using var pass = NewDisposeScope();
                ((LinearSite)model.Sites[Layer]).call(x).square().mean().backward();
            }
        }
        finally
        {
            foreach (var (model, adapter) in updated)
            {
                adapter.Dispose();
                model.Dispose();
            }
        }
    }

    private static (SamModel Model, Adapter Adapter) WithUpdate(string method, string options)
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
        var adapter = MethodCatalogue.Find(method).Method.Attach(
            model, JsonNode.Parse(options)!.AsObject(), new AttachContext { Seed = 1 });
        model.train();
        return (model, adapter);
    }
}

using System.Text.Json.Nodes;
using Adapters.Mechanisms;
using Adapters.Methods;
using Adapters.Models;
using Adapters.Models.Causal;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Verification;

/// <summary>
/// LongLoRA: interpolated rotary positions, an attention layer with updates under each training attention, or a whole Llama that is
/// trained for some steps.
/// </summary>
[GoldenKind("core/longlora")]
internal sealed class LongLoraKind : IGoldenKind
{
    private const string SavedRoot = Attachment.Root;

    public void Check(GoldenCase golden, Comparison compare)
    {
        var tensors = GoldenLayer.TensorsOf(golden);
        if (tensors.Names.Contains("in.tokens"))
            CheckModel(golden, tensors, compare);
        else if (tensors.Names.Contains("in.positions"))
            CheckPositions(golden, tensors, compare);
        else
            CheckLayer(golden, tensors, compare);
    }

    private static void CheckPositions(GoldenCase golden, GoldenTensors tensors, Comparison compare)
    {
        var width = golden.Hyperparameter<int>("head_dim");
        using var positions = new RotaryPositions(CausalConfig.Read("llama", Config(
            golden.Hyperparameter<double>("theta"), golden.Hyperparameter<double>("factor"), hidden: width, heads: 1, keyValueHeads: 1)));
        var rotation = positions.At(tensors["in.positions"].to(int64));
        compare.OutputIfAny("out.cos", () => rotation.Cosine.squeeze(-2), tensors);
        compare.OutputIfAny("out.sin", Sine, tensors);

        var q = tensors["in.q"].clone().requires_grad_(); // [batch, heads, seq, width]
        var turned = rotation.Apply(q.transpose(1, 2)).transpose(1, 2);
        compare.Output("out.q_rotated", turned, tensors["out.q_rotated"]);
        if (tensors.Find("in.weight") is { } weight)
            GoldenTraining.CheckGradients(tensors, compare, (turned * weight).sum(), () => [("q", q.grad)]);

        // Ours is negated in the first half already, where the swapped half is subtracted.
        Tensor Sine()
        {
            var halves = rotation.Sine.squeeze(-2).chunk(2, -1);
            return cat([-halves[0], halves[1]], -1);
        }
    }

    private static void CheckLayer(GoldenCase golden, GoldenTensors tensors, Comparison compare)
    {
        var config = CausalConfig.Read("llama", Config(golden));
        using var positions = new RotaryPositions(config);
        using var attention = new CausalAttention(config, layer: 0, golden.Device);
        var sites = attention.named_children().Select(child => (child.name, Site: (LinearSite)child.module)).ToArray();
        using (no_grad())
            foreach (var (name, site) in sites)
            {
                site.Weight.copy_(tensors[$"in.{name}.weight"]);
                site.Weight.requires_grad = false;
            }

        var count = tensors["in.x"].shape[1];
        var mask = AttentionMask.For(seen: 0, count, padding: null, window: null, golden.Device);
        foreach (var variant in new[] { "full", "wrap", "split" })
            if (tensors.Find($"out.{variant}") is { } expected)
                CheckVariant(variant, expected);

        void CheckVariant(string variant, Tensor expected)
        {
            var updates = sites.Select(place => (place.name, Delta: new LowRankDelta(place.Site,
                tensors[$"in.{place.name}.lora_A"].clone(), tensors[$"in.{place.name}.lora_B"].clone(),
                GoldenLayer.LoraScaleOf(golden)))).ToArray();
            foreach (var (_, update) in updates)
                update.Site.Put(update);
            var x = tensors["in.x"].clone().requires_grad_();
            attention.train();

            var y = attention.call(x, new ForwardPass
            {
                Rotation = positions.At(first: 0, count, golden.Device),
                Mask = mask,
                WindowMask = mask,
                FirstWindowedLayer = config.FirstWindowedLayer,
                TrainingAttention = variant == "full" ? null : new ShiftedSparseAttention(
                    golden.Hyperparameter<int>("group"), variant == "wrap" ? ShiftEnds.Wrap : ShiftEnds.Split),
            });
            compare.Output($"out.{variant}", y, expected);
            if (tensors.Find("in.target") is { } target)
            {
                var loss = functional.mse_loss(y, target);
                compare.OutputIfAny($"out.{variant}.loss", () => loss, tensors);
                loss.backward();
                foreach (var (name, leaf) in updates.SelectMany(update => new[]
                    {
                        ($"{update.name}.lora_A", (Tensor)update.Delta.A), ($"{update.name}.lora_B", update.Delta.B),
                    }).Append(("x", x)))
                    if (tensors.Find($"grad.{variant}.{name}") is { } gradient)
                        compare.Gradient($"grad.{variant}.{name}", leaf.grad, gradient);
            }

            foreach (var (_, update) in updates)
            {
                update.Site.Remove(update);
                update.Dispose();
            }
        }
    }

    private static void CheckModel(GoldenCase golden, GoldenTensors tensors, Comparison compare)
    {
        var tokens = tensors["in.tokens"].to(int64);
        using var model = new CausalModel("llama", Config(golden), golden.Device);
        var isTrainedWhole = golden.Hyperparameter<bool>("train_embeddings_and_norms");
        using var adapter = MethodCatalogue.Find("longlora").Method.Attach(model, new JsonObject
        {
            ["rank"] = golden.Hyperparameter<int>("rank"),
            ["alpha"] = golden.Hyperparameter<double>("alpha"),
            ["attention"] = golden.Hyperparameter<string>("attention"),
            ["group"] = golden.Hyperparameter<int>("group"),
            ["interpolate_positions"] = false, // they are already
            ["train_norms"] = isTrainedWhole,
            ["train_embeddings"] = isTrainedWhole,
        }, new AttachContext());
        using (no_grad())
        {
            foreach (var (name, parameter) in model.named_parameters())
                parameter.copy_(tensors[$"in.{WithoutTrunk(name)}"]);
            foreach (var (name, parameter) in Trained())
                parameter.copy_(tensors[$"in.{name}"]);
        }

        model.train();
        compare.OutputIfAny("out.logits", () => model.Logits(tokens), tensors);
        compare.OutputIfAny("out.full_attention_loss", FullLoss, tensors);
        GoldenTraining.CheckGradients(tensors, compare, Loss(), () => Trained().Select(pair => (pair.Name, pair.Parameter.grad)));
        GoldenTraining.CheckSteps(golden.NodeAt("hyperparameters.optimizer"), tensors, compare, [.. Trained()], _ => Loss(),
            () => Trained().Select(pair => (pair.Name, (Tensor)pair.Parameter)).Append(("full_attention_loss", FullLoss())));

        Tensor Loss() => model.Loss(tokens, tokens);

        Tensor FullLoss()
        {
            model.eval();
            var loss = Loss().detach();
            model.train();
            return loss;
        }

        IEnumerable<(string Name, TorchSharp.Modules.Parameter Parameter)> Trained() =>
            adapter.Trainable.Select(pair => (CaseName(pair.Name), pair.Parameter));

        static string CaseName(string saved)
        {
            var name = WithoutTrunk(saved[SavedRoot.Length..]);
            return name.EndsWith(".lora_A.weight", StringComparison.Ordinal) || name.EndsWith(".lora_B.weight", StringComparison.Ordinal)
                ? name[..name.LastIndexOf('.')] : name;
        }

        static string WithoutTrunk(string name) => name.StartsWith("model.", StringComparison.Ordinal) ? name["model.".Length..] : name;
    }

    private static JsonObject Config(GoldenCase golden)
    {
        var config = Config(golden.Hyperparameter<double>("rope_theta"), golden.Hyperparameter("rope_factor", 1.0),
            golden.Hyperparameter<int>("hidden"), golden.Hyperparameter<int>("heads"), golden.Hyperparameter<int>("kv_heads"));
        config["max_position_embeddings"] = golden.Hyperparameter<int>("seq");
        (string Field, string Name)[] counts =
        [
            ("vocab_size", "vocabulary"), ("intermediate_size", "mlp"), ("num_hidden_layers", "layers"), ("rms_norm_eps", "rms_eps"),
        ];
        foreach (var (field, name) in counts)
            if (golden.NodeAt($"hyperparameters.{name}") is { } value)
                config[field] = value.DeepClone();
        return config;
    }

    private static JsonObject Config(double theta, double factor, int hidden, int heads, int keyValueHeads) => new()
    {
        ["hidden_size"] = hidden,
        ["num_attention_heads"] = heads,
        ["num_key_value_heads"] = keyValueHeads,
        ["rope_theta"] = theta,
        ["rope_scaling"] = factor == 1 ? null : new JsonObject { ["type"] = "linear", ["factor"] = factor },
    };
}

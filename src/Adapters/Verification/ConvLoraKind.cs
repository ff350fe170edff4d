using Adapters.Mechanisms;
using Adapters.Models;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Verification;

/// <summary>A linear layer with a Conv-LoRA update: output, routing, balance loss, gradients, state after some steps.</summary>
[GoldenKind("methods/conv-lora")]
[GoldenKind("core/conv-lora")]
internal sealed class ConvLoraKind : IGoldenKind
{
    public void Check(GoldenCase golden, Comparison compare)
    {
        var tensors = GoldenLayer.TensorsOf(golden);
        if (tensors.Names.Contains("in.z"))
        {
            CheckExperts(golden, tensors, compare);
            return;
        }

        using var layer = new Layer(golden, tensors);
        var x = tensors["in.x"].clone().requires_grad_();

        var pass = layer.Run(x, pass: 0);
        compare.Output("out.y", pass.Output, tensors["out.y"]);
        CheckRouting(tensors, compare, pass, layer);
        if (tensors.Find("in.target") is null)
            return; // and so no loss
        GoldenTraining.CheckGradients(tensors, compare, layer.Loss(pass), () => [("x", x.grad), .. layer.Gradients()]);
        GoldenTraining.CheckSteps(golden.NodeAt("hyperparameters.optimizer"), tensors, compare, [.. layer.Delta.named_parameters()],
            step => layer.Loss(layer.Run(tensors["in.x"], step)), layer.State);
    }

    /// <summary>Each expert alone on a given map.</summary>
    private static void CheckExperts(GoldenCase golden, GoldenTensors tensors, Comparison compare)
    {
        int[] scales = [.. golden.Numbers("scales").Select(scale => (int)scale)];
        using var experts = ExpertsOf(tensors, scales);
        var z = tensors["in.z"].clone().requires_grad_(); // [batch, rank, height, width]
        var outputs = scales.Select((_, expert) =>
            experts.Apply(z, full([z.shape[0], 1], expert, int64, z.device)).squeeze(1)).ToArray();
        for (var expert = 0; expert < scales.Length; expert++)
        {
            compare.Output($"out.expert.{expert}", outputs[expert], tensors[$"out.expert.{expert}"]);
            compare.OutputIfAny($"out.upsampled.{expert}", () => Bicubic.Matrix(z.shape[2], z.shape[2] * scales[expert], z.device)
                .matmul(z).matmul(Bicubic.Matrix(z.shape[3], z.shape[3] * scales[expert], z.device).t()), tensors);
        }

        var loss = stack([.. outputs.Select(output => output.square().mean())]).sum();
        GoldenTraining.CheckGradients(tensors, compare, loss, () => [("z", z.grad), .. Named(experts, parameter => parameter.grad)]);
    }

    private static ScaleExperts ExpertsOf(GoldenTensors tensors, int[] scales)
    {
        return new ScaleExperts(Together("weight"), Together("bias"), scales);

        Tensor Together(string what) =>
            stack([.. Enumerable.Range(0, scales.Length).Select(expert => tensors[$"in.experts.{expert}.{what}"])]);
    }

    /// <summary>What each expert has of the weights of all.</summary>
    private static IEnumerable<(string Name, Tensor? Value)> Named(ScaleExperts experts, Func<Tensor, Tensor?> of)
    {
        for (var expert = 0; expert < experts.Weight.shape[0]; expert++)
        {
            yield return ($"experts.{expert}.weight", of(experts.Weight)?[expert]);
            yield return ($"experts.{expert}.bias", of(experts.Bias)?.reshape(experts.Weight.shape[0], -1)[expert]);
        }
    }

    private static void CheckRouting(GoldenTensors tensors, Comparison compare, ConvLoraDelta.Pass pass, Layer layer)
    {
        var choice = pass.Choice;
        if (tensors.Find("out.chosen") is { } chosen)
            compare.Output("out.chosen", choice.Chosen.reshape(chosen.shape).to(chosen.dtype), chosen);
        (string Name, Func<Tensor> Ours)[] inside =
        [
            ("gates", () => choice.Gates),
            ("balance_loss", () => layer.Balance(choice)),
            ("pooled", () => pass.Features),
            ("logits", () => choice.Logits),
            ("noise_std", () => choice.Deviation!),
            ("importance", () => choice.Gates.sum(dim: 0)),
            ("load", () => choice.Load),
            ("bottleneck", () => layer.AsMap(pass.Bottleneck)),
        ];
        foreach (var (name, ours) in inside)
            compare.OutputIfAny($"out.{name}", ours, tensors);
    }

    /// <summary>The layer of a case, made of the parts that training uses.</summary>
    private sealed class Layer : IDisposable
    {
        private readonly GoldenTensors _tensors;
        private readonly NoisyTopKGate _gate;
        private readonly ScaleExperts _experts;
        private readonly (string Gate, string Noise) _names;
        private readonly long[] _grid;
        private readonly double _balance;

        public Layer(GoldenCase golden, GoldenTensors tensors)
        {
            _tensors = tensors;
            _names = tensors.Names.Contains("in.w_gate") ? ("w_gate", "w_noise") : ("gate.weight", "gate.noise_weight");
            _grid = [.. golden.NodeAt("hyperparameters.grid")!.AsArray().Select(side => side!.GetValue<long>())];
            _balance = golden.Hyperparameter("balance_loss_coefficient", golden.Hyperparameter("balance_coefficient", 0.01));

            var chosen = golden.Hyperparameter<int>("top_k");
            var scales = (golden.NodeAt("hyperparameters.upsample_ratios") ?? golden.NodeAt("hyperparameters.scales"))!.AsArray();
            _gate = new NoisyTopKGate(tensors[$"in.{_names.Gate}"].clone(), tensors[$"in.{_names.Noise}"].clone(), chosen,
                golden.Hyperparameter("noise_epsilon", 0.01));
            _experts = ExpertsOf(tensors, [.. scales.Select(scale => (int)scale!)]);
            var x = tensors["in.x"];
            var (tokens, cells) = (x.dim() == 3, _grid[0] * _grid[1]);
            var layout = new SpatialLayout(tokens, Prefix: tokens ? (int)(x.shape[1] - cells) : 0, (int)_grid[0], (int)_grid[1]);
            Site = GoldenLayer.From(tensors["in.weight"], tensors.Find("in.bias"));
            Delta = new ConvLoraDelta(Site, tensors["in.lora_A"].clone(), tensors["in.lora_B"].clone(), GoldenLayer.LoraScaleOf(golden),
                dropout: 0, new GatedScales(_gate, _experts, CombinationOf(golden)), layout);
            Delta.train(golden.Hyperparameter<string>("mode") == "train");
        }

        public ConvLoraDelta Delta { get; }

        public LinearSite Site { get; }

        public ConvLoraDelta.Pass Run(Tensor x, int pass)
        {
            if (_tensors.Find("in.noise") is { } noise) // one draw, or one for each pass
                _gate.Draw = _ => noise.dim() == 3 ? noise[pass] : noise;
            return Delta.Trace(x, Site.call(x));
        }

        public Tensor Balance(GateChoice choice) => choice.Imbalance() * _balance;

        public Tensor Loss(ConvLoraDelta.Pass pass) =>
            functional.mse_loss(pass.Output, _tensors["in.target"]) + Balance(pass.Choice);

        public Tensor AsMap(Tensor h) => h.reshape(-1, _grid[0], _grid[1], h.shape[^1]).permute(0, 3, 1, 2);

        public IEnumerable<(string Name, Tensor? Gradient)> Gradients() => Named(parameter => parameter.grad);

        public IEnumerable<(string Name, Tensor Value)> State() =>
            Named(parameter => parameter).Select(pair => (pair.Name, pair.Value!));

        public void Dispose()
        {
            Delta.Dispose();
            _experts.Dispose();
            Site.Dispose();
        }

        private IEnumerable<(string Name, Tensor? Value)> Named(Func<Tensor, Tensor?> of)
        {
            yield return ("lora_A", of(Delta.A));
            yield return ("lora_B", of(Delta.B));
            yield return (_names.Gate, of(_gate.Weight));
            yield return (_names.Noise, of(_gate.NoiseWeight));
            foreach (var each in ConvLoraKind.Named(_experts, of))
                yield return each;
        }

        /// <summary>The published code, which cases come from, combines by log-sum-exp unless a case says otherwise.</summary>
        private static ExpertCombination CombinationOf(GoldenCase golden) => golden.Hyperparameter("combine", "log-sum-exp") switch
        {
            "sum" => ExpertCombination.Sum,
            "log-sum-exp" when golden.Hyperparameter("multiply_by_gates", false) => ExpertCombination.GatedLogSumExp,
            "log-sum-exp" => ExpertCombination.LogSumExp,
            var other => throw new UnsupportedCaseException($"experts cannot be combined by '{other}'."),
        };
    }
}

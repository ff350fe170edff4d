using System.Reflection;
using System.Text.Json.Nodes;
using Adapters.Mechanisms;
using Adapters.Methods;
using Adapters.Models.Vit;
using Adapters.Options;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using Parameter = TorchSharp.Modules.Parameter;

namespace Adapters.Verification;

/// <summary>
/// Gated updates in all matrices of a stack of blocks: output, gates, balance loss, gradients, state after some steps. The blocks are a
/// ViT's of one head, whose norms and biases are as they are made.
/// </summary>
internal static class StackCase
{
    private static readonly (string Ours, string Theirs)[] Matrices =
    [
        ("attention.attention.query", "q"), ("attention.attention.key", "k"), ("attention.attention.value", "v"),
        ("attention.output.dense", "o"), ("intermediate.dense", "up"), ("output.dense", "down"),
    ];

    public static void Check(GoldenCase golden, GoldenTensors tensors, Comparison compare)
    {
        using var stack = new Stack(golden, tensors);
        var x = tensors["in.x"].clone().requires_grad_();

        var pass = stack.Run(x);
        compare.Output("out.y", pass.Output, tensors["out.y"]);
        compare.OutputIfAny("out.gates", () => pass.Gates, tensors);
        compare.OutputIfAny("out.balance_loss", () => pass.Balance, tensors);
        if (tensors.Find("in.target") is not { } target)
            return; // and so no loss

        GoldenTraining.CheckGradients(tensors, compare, Loss(pass),
            () => [("x", x.grad), .. stack.Parameters.Select(pair => (pair.Name, pair.Parameter.grad))]);
        GoldenTraining.CheckSteps(golden.NodeAt("hyperparameters.optimizer"), tensors, compare, stack.Parameters,
            _ => Loss(stack.Run(tensors["in.x"])), () => stack.Parameters.Select(pair => (pair.Name, (Tensor)pair.Parameter)));

        Tensor Loss(Pass ofPass) =>
            functional.mse_loss(ofPass.Output, target) + ofPass.Balance * golden.Hyperparameter<double>("balance_coefficient");
    }

    /// <param name="Output"><c>[batch, seq, dim]</c></param>
    /// <param name="Gates"><c>[gates, batch, experts]</c></param>
    /// <param name="Balance">A scalar.</param>
    private sealed record Pass(Tensor Output, Tensor Gates, Tensor Balance);

    /// <summary>The blocks of a case, mixed as the method mixes them.</summary>
    private sealed class Stack : IDisposable
    {
        private readonly VitModel _model;
        private readonly Adapter _adapter;
        private readonly IReadOnlyList<(string Name, ExpertGate Gate)> _gates;

        public Stack(GoldenCase golden, GoldenTensors tensors)
        {
            using var frozen = no_grad();
            _model = new VitModel(new JsonObject
            {
                ["hidden_size"] = golden.Hyperparameter<int>("dim"),
                ["intermediate_size"] = golden.Hyperparameter<int>("ff"),
                ["num_hidden_layers"] = golden.Hyperparameter<int>("blocks"),
                ["num_attention_heads"] = 1,
                ["qkv_bias"] = false,
                ["layer_norm_eps"] = 1e-5,
                ["image_size"] = 1,
                ["patch_size"] = 1,
            }, golden.Device);
            _adapter = Mixed(golden, tensors);
            _model.train();

            var names = golden.NodeAt("hyperparameters.gates")!.AsArray().Select(name => (string)name!).ToArray();
            ExpertGate[] gates =
            [
                .. _adapter.Parts.OfType<ExpertBlocks>().Select(blocks => blocks.Gate),
                .. _adapter.Sites.Values.OfType<ExpertMixture>().Select(site => site.OwnGate).OfType<ExpertGate>(),
            ];
            if (gates.Length != names.Length)
                throw new AdapterException($"The case has {names.Length} gates, but there are {gates.Length}.");
            _gates = [.. names.Zip(gates)];
            foreach (var (name, gate) in _gates)
            {
                gate.Weight.copy_(tensors[$"in.gates.{name}.weight"]);
                gate.Temperature.copy_(tensors[$"in.gates.{name}.temperature"].reshape(1));
            }
        }

        public IReadOnlyList<(string Name, Parameter Parameter)> Parameters => [.. _gates.SelectMany(gate => new[]
        {
            ($"gates.{gate.Name}.weight", gate.Gate.Weight), ($"gates.{gate.Name}.temperature", gate.Gate.Temperature),
        })];

        public Pass Run(Tensor x)
        {
            var y = _model.modules().OfType<VitBlock>().Aggregate(x, (h, block) => block.call(h));
            var gates = stack([.. _gates.Select(gate => gate.Gate.Gates.squeeze(1))]);
            return new Pass(y, gates, _adapter.AuxiliaryLoss!());
        }

        public void Dispose()
        {
            _adapter.Dispose();
            _model.Dispose();
        }

        private Adapter Mixed(GoldenCase golden, GoldenTensors tensors)
        {
            var (alphas, ranks) = (golden.Numbers("alphas"), golden.Numbers("ranks"));
            var active = GoldenLayer.ActiveIn(tensors);
            var options = new Mole.Options
            {
                Mixture = MixtureOf(golden),
                Granularity = GranularityOf(golden),
                Pooling = golden.Pooling(),
                BalanceWeight = 1,
                Masked = [.. Enumerable.Range(0, active.Length).Where(expert => !active[expert])],
            };
            var context = new AttachContext { TargetLength = (int)tensors["in.x"].shape[1] };
            using var on = new Attachment(_model, typeof(Mole).GetCustomAttribute<AdapterMethodAttribute>()!, context);
            var theirs = new Dictionary<string, string>();
            for (var block = 0; block < _model.Blocks.Count; block++)
                foreach (var (ours, name) in Matrices)
                    theirs.Add($"vit.encoder.layer.{block}.{ours}", $"in.B{block}.{name}");
            foreach (var (site, name) in theirs)
                _model.Sites[site].Weight.copy_(tensors[$"{name}.weight"]);
            Mole.Mix(on, options, active.Length, [.. theirs.Keys], (name, site) => new FrozenExperts(
                [.. ranks.Select((rank, n) => new LowRankExpert(
                    tensors[$"{theirs[name]}.lora_A.{n}"], tensors[$"{theirs[name]}.lora_B.{n}"], alphas[n] / rank))],
                site.Inputs, site.Outputs, golden.Device));
            return on.Build(OptionSchema.Of(typeof(Mole.Options)), OptionSchema.Write(options));
        }

        private static Mole.Mixed MixtureOf(GoldenCase golden) => golden.Hyperparameter("mixture", "module") switch
        {
            "module" => Mole.Mixed.Update,
            "block" => Mole.Mixed.Block,
            var other => throw new UnsupportedCaseException($"there is no mixture of kind '{other}'."),
        };

        private static Mole.Granularity GranularityOf(GoldenCase golden) => golden.Hyperparameter<string>("granularity") switch
        {
            "matrix" => Mole.Granularity.Matrix,
            "layer" => Mole.Granularity.Layer,
            "block" => Mole.Granularity.Block,
            "network" => Mole.Granularity.Network,
            var other => throw new UnsupportedCaseException($"there is no granularity '{other}'."),
        };
    }
}

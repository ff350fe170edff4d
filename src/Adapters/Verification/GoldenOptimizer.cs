using System.Text.Json;
using System.Text.Json.Nodes;
using Adapters.Methods;
using Adapters.Training.Optimizers;
using static TorchSharp.torch;

namespace Adapters.Verification;

/// <summary>The optimizer that a case was recorded with: PyTorch's of that name.</summary>
internal sealed class GoldenOptimizer : IDisposable
{
    private readonly FlatParameters _parameters;
    private readonly IOptimizer _rule;
    private readonly double _rate;
    private readonly double _decay; // that the gradient carries, as all but AdamW's does

    /// <param name="fields">The case's <c>hyperparameters.optimizer</c>.</param>
    /// <param name="parameters">What it trains.</param>
    /// <exception cref="UnsupportedCaseException">When it asks for what our optimizers do not have, with its name.</exception>
    public GoldenOptimizer(JsonObject fields, FlatParameters parameters)
    {
        _parameters = parameters;
        _rate = NumberAt("lr") ?? throw new AdapterException("The case's optimizer has no number 'lr'.");
        Steps = (int?)NumberAt("steps") ?? throw new AdapterException("The case's optimizer has no number 'steps'.");
        var (name, decay) = ((string?)fields["name"], NumberAt("weight_decay") ?? 0);
        switch (name?.ToLowerInvariant())
        {
            case "adamw":
                RefuseOthers("betas", "eps");
                _rule = Adam(decay);
                break;
            case "adam":
                RefuseOthers("betas", "eps");
                _rule = Adam(0);
                _decay = decay;
                break;
            case "sgd":
                RefuseOthers("momentum");
                _rule = new Sgd(parameters, new Sgd.Options { Momentum = NumberAt("momentum") ?? 0 });
                _decay = decay;
                break;
            default:
                throw new UnsupportedCaseException($"there is no optimizer '{name}'.");
        }

        double? NumberAt(string field) => fields[field]?.GetValueKind() is JsonValueKind.Number ? (double)fields[field]! : null;

        AdamW Adam(double decoupledDecay) => new(parameters, new AdamW.Options
        {
            Beta1 = (double?)fields["betas"]?[0] ?? 0.9,
            Beta2 = (double?)fields["betas"]?[1] ?? 0.999,
            Epsilon = NumberAt("eps") ?? 1e-8,
            WeightDecay = decoupledDecay,
        });

        void RefuseOthers(params string[] own)
        {
            string[] known = ["name", "lr", "steps", "weight_decay", .. own];
            foreach (var (field, value) in fields)
                if (!known.Contains(field) && ChangesSteps(value))
                    throw new UnsupportedCaseException($"the optimizer {name} with '{field}' {value!.ToJsonString()} is not supported.");
        }
    }

    /// <summary>Steps that the case records.</summary>
    public int Steps { get; }

    /// <summary>Makes a step.</summary>
    /// <param name="step">Its number from 1.</param>
    public void Step(int step)
    {
        if (_decay != 0)
        {
            using var frozen = no_grad();
            _parameters.Gradients.add_(_parameters.Values, _decay);
        }
        _rule.Step(step, _rate);
    }

    public void Dispose() => _rule.Dispose();

    /// <summary>A switch that is on or a number that is not 0; words only describe.</summary>
    private static bool ChangesSteps(JsonNode? value) => value?.GetValueKind() switch
    {
        JsonValueKind.True => true,
        JsonValueKind.Number => (double)value != 0,
        JsonValueKind.Array or JsonValueKind.Object => true,
        _ => false,
    };
}

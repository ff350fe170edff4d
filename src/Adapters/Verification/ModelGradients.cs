using Adapters.Methods;
using Adapters.Models;
using static TorchSharp.torch;

namespace Adapters.Verification;

/// <summary>What the cases of all model families share.</summary>
internal static class ModelGradients
{
    /// <summary>Compares the loss and, where the case has them, its gradients by parameter.</summary>
    public static void Check(BaseModel model, Tensor loss, GoldenCase golden, Comparison compare)
    {
        compare.Output("loss", loss.item<float>(), golden.NumberAt("loss")
            ?? throw new AdapterException("The description has no number 'loss'."));
        if (golden.TensorsIfAny("grads.safetensors") is not { } expected)
            return;
        loss.backward();
        var parameters = model.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter);
        foreach (var name in expected.Names)
            compare.Gradient(name, parameters.TryGetValue(name, out var parameter)
                ? parameter.grad : full_like(expected[name], double.NaN), expected[name]);
    }
}

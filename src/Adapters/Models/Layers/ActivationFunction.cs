using Adapters.Methods;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Models.Layers;

/// <summary>Activation functions by the names that <c>hidden_act</c> has in published files.</summary>
internal static class ActivationFunction
{
    private static readonly Dictionary<string, Func<Tensor, Tensor>> ByName = new()
    {
        ["gelu"] = x => functional.gelu(x), // the exact form, with erf
        ["gelu_new"] = x => functional.gelu(x, TorchSharp.Modules.GELU.Approximate.tanh),
        ["gelu_pytorch_tanh"] = x => functional.gelu(x, TorchSharp.Modules.GELU.Approximate.tanh),
        ["relu"] = x => functional.relu(x),
        ["silu"] = x => functional.silu(x),
        ["swish"] = x => functional.silu(x),
    };

    /// <exception cref="AdapterException">When there is none of that name.</exception>
    public static Func<Tensor, Tensor> Called(string name) => ByName.TryGetValue(name, out var function)
        ? function
        : throw new AdapterException(
            $"config.json: the activation '{name}' is not supported; supported are {string.Join(", ", ByName.Keys)}.");
}

using Adapters.Methods;
using Adapters.Options;
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
        ["leaky_relu"] = x => functional.leaky_relu(x, 0.01),
        ["linear"] = x => x,
        ["mish"] = x => functional.mish(x),
        ["quick_gelu"] = x => x * (1.702 * x).sigmoid(),
        ["relu"] = x => functional.relu(x),
        ["relu6"] = x => functional.relu6(x),
        ["sigmoid"] = x => x.sigmoid(),
        ["silu"] = x => functional.silu(x),
        ["swish"] = x => functional.silu(x),
        ["tanh"] = x => x.tanh(),
    };

    /// <summary>All names.</summary>
    public static IReadOnlyList<string> Names => [.. ByName.Keys];

    /// <exception cref="AdapterException">When there is none of that name.</exception>
    public static Func<Tensor, Tensor> Called(string name) => ByName.TryGetValue(name, out var function)
        ? function
        : throw new AdapterException(
            $"config.json: the activation '{name}' is not supported; supported are {string.Join(", ", ByName.Keys)}.");
}

/// <summary>The option is the name of an activation function.</summary>
internal sealed class ActivationNameAttribute : ChoicesAttribute
{
    public override IReadOnlyList<string> Names => ActivationFunction.Names;
}

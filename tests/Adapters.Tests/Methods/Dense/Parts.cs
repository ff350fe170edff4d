using Adapters.Mechanisms;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.Dense;

/// <summary>What an adapter of one layer trains, by name.</summary>
internal static class Parts
{
    public static IReadOnlyDictionary<string, Tensor> Of(SiteAdapter adapter) =>
        adapter.named_parameters().ToDictionary(pair => pair.name, pair => (Tensor)pair.parameter);
}

using System.Runtime.CompilerServices;
using Adapters.Runtime;

namespace Adapters.Tests;

internal static class TorchInitializer
{
    /// <summary>Before any test class is constructed, since a field may already hold a tensor.</summary>
    [ModuleInitializer]
    internal static void Initialize() => TorchRuntime.Initialize(threads: 1);
}

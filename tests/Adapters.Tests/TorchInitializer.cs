using System.Runtime.CompilerServices;
using Adapters.Runtime;
using Xunit;

// Torch's default generator belongs to the process: two tests that seed it must not run at once.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
[assembly: Adapters.Tests.PausesFinalizers]

namespace Adapters.Tests;

internal static class TorchInitializer
{
    /// <summary>Before any test class is constructed, since a field may already hold a tensor.</summary>
    [ModuleInitializer]
    internal static void Initialize() => TorchRuntime.Initialize(threads: 1);
}

using System.Runtime.InteropServices;

namespace GpuActors.Tests.Doubles;

/// <summary>What TorchSharp throws for a failure of libtorch, with its words.</summary>
internal sealed class TorchFailure(string message) : ExternalException(message);

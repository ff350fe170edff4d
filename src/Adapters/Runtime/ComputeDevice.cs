namespace Adapters.Runtime;

/// <summary>What one worker trains on: a GPU, or a share of the processor's cores.</summary>
/// <param name="Name">Torch's name of a GPU, <c>cuda:0</c>; <c>cpu:0</c> for the first CPU slot.</param>
/// <param name="Threads">Threads that one operation on the processor may use.</param>
public sealed record ComputeDevice(string Name, int Threads)
{
    /// <summary>Whether it is a GPU.</summary>
    public bool IsGpu => Name.StartsWith("cuda", StringComparison.Ordinal);

    /// <summary>Where Torch puts tensors of this device; CPU slots share one.</summary>
    public string TorchName => IsGpu ? Name : "cpu";
}

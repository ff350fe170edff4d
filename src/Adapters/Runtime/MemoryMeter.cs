using TorchSharp;
using static TorchSharp.torch;

namespace Adapters.Runtime;

/// <summary>The highest memory that this process had in use since the meter was made: a GPU's where it trains on one.</summary>
/// <remarks>It counts for the whole process, so that one meter is in use at a time.</remarks>
public abstract class MemoryMeter
{
    /// <summary>The highest so far, in bytes.</summary>
    public abstract long PeakBytes { get; }

    /// <summary>Looks at the memory now, where nothing but samples can tell.</summary>
    public virtual void Sample()
    {
    }

    /// <summary>Begins to watch what a training on that device uses.</summary>
    public static MemoryMeter Of(Device device) =>
        device.type == DeviceType.CUDA && OperatingSystem.IsLinux() ? new GpuMemoryMeter(device.index) : new HostMemoryMeter();
}

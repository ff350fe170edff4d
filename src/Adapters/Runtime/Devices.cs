using System.Runtime.InteropServices;
using Adapters.Methods;
using static TorchSharp.torch;

namespace Adapters.Runtime;

/// <summary>Finds what this machine can train on.</summary>
public static class Devices
{
    /// <summary>Each GPU that libtorch can use; where there is none, slots that share the processor's cores evenly.</summary>
    /// <param name="cpuSlots">Number of CPU slots, at least 1; half the cores, but at least one, when null.</param>
    public static IReadOnlyList<ComputeDevice> Find(int? cpuSlots = null)
    {
        var gpus = CountGpus();
        return gpus > 0 ? Gpus(gpus, Environment.ProcessorCount) : CpuSlots(cpuSlots, Environment.ProcessorCount);
    }

    /// <summary>The device of that name, for tensors.</summary>
    /// <param name="name"><c>cpu</c>, or a GPU's name such as <c>cuda:0</c>.</param>
    /// <exception cref="AdapterException">When this machine has none of that name.</exception>
    internal static Device Named(string name)
    {
        if (name == "cpu")
            return CPU;
        string[] gpus = [.. Gpus(CountGpus(), Environment.ProcessorCount).Select(gpu => gpu.Name)];
        return gpus.Contains(name)
            ? new Device(name)
            : throw new AdapterException($"There is no device '{name}' here, but {string.Join(", ", gpus.Prepend("cpu"))}.");
    }

    internal static IReadOnlyList<ComputeDevice> Gpus(int count, int cores) =>
        [.. Enumerable.Range(0, count).Select(i => new ComputeDevice($"cuda:{i}", Math.Max(1, cores / count)))];

    internal static IReadOnlyList<ComputeDevice> CpuSlots(int? slots, int cores)
    {
        var count = slots ?? Math.Max(1, cores / 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1, nameof(slots));
        return [.. Enumerable.Range(0, count).Select(i => new ComputeDevice($"cpu:{i}", Math.Max(1, cores / count)))];
    }

    /// <summary>libtorch takes hundreds of megabytes and milliseconds to load, so it is asked only where a driver is.</summary>
    private static int CountGpus()
    {
        var driver = OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1";
        if (!NativeLibrary.TryLoad(driver, out var library))
            return 0;
        NativeLibrary.Free(library);
        TorchRuntime.Initialize();
        return cuda.is_available() ? cuda.device_count() : 0;
    }
}

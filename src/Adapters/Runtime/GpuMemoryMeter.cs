using System.Runtime.InteropServices;
using Adapters.Methods;

namespace Adapters.Runtime;

/// <summary>
/// The highest memory that tensors occupied on a GPU. TorchSharp tells nothing of it, but libtorch is set to allocate from
/// the driver's own pool (see <see cref="TorchRuntime.RecommendedEnvironment"/>), which keeps the mark for this process.
/// </summary>
internal sealed class GpuMemoryMeter : MemoryMeter
{
    private const string Driver = "libcuda.so.1";
    private const int UsedMemoryHigh = 8; // CU_MEMPOOL_ATTR_USED_MEM_HIGH
    private readonly nint _pool;

    /// <summary>Begins anew. Memory that earlier work freed is given back to the device.</summary>
    /// <param name="ordinal">The device's number among those that this process sees.</param>
    /// <exception cref="AdapterException">When the driver refuses.</exception>
    public GpuMemoryMeter(int ordinal)
    {
        Check(cuDeviceGet(out var device, ordinal));
        Check(cuDeviceGetDefaultMemPool(out _pool, device));
        Check(cuMemPoolTrimTo(_pool, minimum: 0));
        var none = 0UL;
        Check(cuMemPoolSetAttribute(_pool, UsedMemoryHigh, ref none)); // the driver takes only 0, for "from now on"
    }

    public override long PeakBytes
    {
        get
        {
            Check(cuMemPoolGetAttribute(_pool, UsedMemoryHigh, out var bytes));
            return (long)bytes;
        }
    }

    private static void Check(int result)
    {
        if (result != 0)
            throw new AdapterException($"The CUDA driver does not tell how much memory is in use (error {result}).");
    }

    [DllImport(Driver)]
    private static extern int cuDeviceGet(out int device, int ordinal);

    [DllImport(Driver)]
    private static extern int cuDeviceGetDefaultMemPool(out nint pool, int device);

    [DllImport(Driver)]
    private static extern int cuMemPoolTrimTo(nint pool, nuint minimum);

    [DllImport(Driver)]
    private static extern int cuMemPoolSetAttribute(nint pool, int attribute, ref ulong value);

    [DllImport(Driver)]
    private static extern int cuMemPoolGetAttribute(nint pool, int attribute, out ulong value);
}

using System.Runtime.InteropServices;
using Adapters.Runtime;
using TorchSharp;
using Xunit;

namespace Adapters.Tests.Runtime;

public sealed class MemoryMeterTests
{
    private const int Size = 200 << 20;

    [Fact]
    public void Remembers_memory_that_is_free_again()
    {
        var meter = MemoryMeter.Of(torch.CPU);
        var before = meter.PeakBytes;

        Touch(meter);

        Assert.InRange(meter.PeakBytes - before, Size / 2, 4L * Size);
    }

    [Fact]
    public void Forgets_what_was_before_it()
    {
        var earlier = MemoryMeter.Of(torch.CPU);
        Touch(earlier);
        var before = earlier.PeakBytes;

        var meter = MemoryMeter.Of(torch.CPU);

        Assert.True(meter.PeakBytes < before - (Size / 2));
    }

    private static void Touch(MemoryMeter meter)
    {
        var memory = Marshal.AllocHGlobal(Size);
        for (var page = 0; page < Size; page += 4096)
            Marshal.WriteByte(memory, page, 1);
        meter.Sample();
        Marshal.FreeHGlobal(memory);
    }
}

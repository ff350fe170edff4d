using Adapters.Methods;
using Adapters.Runtime;
using TorchSharp;
using Xunit;

namespace Adapters.Tests.Runtime;

public sealed class DevicesTests
{
    [Theory]
    [InlineData(null, 8, 4, 2)]
    [InlineData(null, 1, 1, 1)]
    [InlineData(2, 2, 2, 1)]
    [InlineData(3, 8, 3, 2)]
    [InlineData(4, 2, 4, 1)]
    public void Cpu_slots_share_the_cores(int? slots, int cores, int expected, int threads)
    {
        var devices = Devices.CpuSlots(slots, cores);

        Assert.Equal(Enumerable.Range(0, expected).Select(i => new ComputeDevice($"cpu:{i}", threads)), devices);
        Assert.All(devices, device => Assert.Equal("cpu", device.TorchName));
    }

    [Fact]
    public void Each_gpu_is_a_device_of_its_own()
    {
        var devices = Devices.Gpus(2, cores: 16);

        Assert.Equal([new ComputeDevice("cuda:0", 8), new ComputeDevice("cuda:1", 8)], devices);
        Assert.All(devices, device => Assert.True(device.IsGpu));
    }

    [Fact]
    public void A_device_that_is_not_there_is_refused_with_those_that_are()
    {
        var refusal = Assert.Throws<AdapterException>(() => Devices.Named("cuda:99"));

        Assert.StartsWith("There is no device 'cuda:99' here, but cpu", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(torch.CPU, Devices.Named("cpu"));
    }

    [Fact]
    public void Finds_at_least_one_device_on_this_machine() => Assert.NotEmpty(Devices.Find());
}

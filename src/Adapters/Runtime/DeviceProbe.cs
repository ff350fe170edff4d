using Adapters.Checkpoints;
using Adapters.Methods;
using static TorchSharp.torch;

namespace Adapters.Runtime;

/// <summary>Tries what a training will ask of a device, in a moment.</summary>
public static class DeviceProbe
{
    private const int Size = 128;

    /// <summary>Takes one step of gradient descent on the device, saves the weights, and reads them back.</summary>
    /// <param name="device">The device.</param>
    /// <param name="folder">A folder that can be written; what is saved there is deleted again.</param>
    /// <exception cref="AdapterException">When the step does not lower the loss, or the weights come back otherwise.</exception>
    public static void StepAndRestore(ComputeDevice device, string folder)
    {
        TorchRuntime.Initialize(device.Threads);
        using var pause = FinalizerPause.Begin();
        using var scope = NewDisposeScope();
        using var generator = new Generator(1, CPU);
        var place = new Device(device.TorchName);
        var x = randn([Size, Size], generator: generator).to(place);
        var y = randn([Size, Size], generator: generator).to(place);
        var weight = zeros(Size, Size, device: place, requires_grad: true);

        var before = Loss();
        before.backward();
        using (no_grad())
            weight.sub_(weight.grad!);
        var after = Loss();
        if (!(after.item<float>() < before.item<float>()))
            throw new AdapterException($"A step on {device.Name} did not lower the loss: {before.item<float>()} to {after.item<float>()}.");

        Restore(weight, Path.Combine(folder, $"probe-{device.Name.Replace(':', '-')}-{Environment.ProcessId}.safetensors"), device);

        Tensor Loss() => (x.matmul(weight) - y).square().mean();
    }

    private static void Restore(Tensor weight, string file, ComputeDevice device)
    {
        try
        {
            SafeTensorsFile.Write(file, [("weight", weight.detach().cpu())]);
            if (!SafeTensorsFile.ReadAll(file)["weight"].to(weight.device).eq(weight.detach()).all().item<bool>())
                throw new AdapterException($"What was saved from {device.Name} to '{file}' was not what was read back.");
        }
        finally
        {
            File.Delete(file);
        }
    }
}

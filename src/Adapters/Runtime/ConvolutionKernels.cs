using System.Runtime.InteropServices;
using Adapters.Methods;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Runtime;

/// <summary>
/// Sees to it that convolutions on the CPU have the gradients that they should. libtorch 2.10 leaves them to oneDNN 3.7,
/// which on some processors (seen on an AMD Zen 5 in a virtual machine that does not tell its cache sizes) gives those of
/// the input for one tap of the kernel alone, without a word. libtorch's own kernels take its place there.
/// </summary>
internal static class ConvolutionKernels
{
    private const string Torch = "libtorch_cpu.so";

    /// <summary>Shapes that oneDNN was seen to compute wrongly, over channel counts that fill its blocks of 16 and do not.</summary>
    private static readonly (int Batch, int In, int Out, int Kernel)[] Probes = [(2, 1, 1, 3), (8, 4, 4, 3), (2, 2, 2, 5), (2, 16, 32, 3)];

    /// <summary>Turns oneDNN off where it computes wrongly.</summary>
    /// <returns>Whether it was turned off.</returns>
    /// <exception cref="AdapterException">When it computes wrongly and cannot be turned off.</exception>
    public static bool Correct()
    {
        var context = GlobalContextIfAny();
        if (context is { } known)
            SetNnpack(known, enabled: 0); // where it cannot run it says so at each convolution
        if (AreRight())
            return false;
        if (context is { } torch)
            SetOneDnn(torch, enabled: 0);
        if (context is null || !AreRight())
            throw new AdapterException("On this processor libtorch computes wrong gradients of convolutions. "
                + "Set the environment variable ONEDNN_MAX_CPU_ISA to SSE41.");
        return true;
    }

    /// <summary>Whether the gradients in float32 are, to rounding, those in float64, which oneDNN does not compute.</summary>
    private static bool AreRight()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1, CPU);
        return Array.TrueForAll(Probes, probe =>
        {
            var map = randn([probe.Batch, probe.In, 6, 6], generator: generator);
            var weight = randn([probe.Out, probe.In, probe.Kernel, probe.Kernel], generator: generator);
            var exact = InputGradient(map, weight, float64);
            var distance = (InputGradient(map, weight, float32).to(float64) - exact).abs().max() / exact.abs().max();
            return distance.item<double>() < 1e-4;
        });
    }

    private static Tensor InputGradient(Tensor map, Tensor weight, ScalarType type)
    {
        var input = map.to(type).detach().requires_grad_();
        functional.conv2d(input, weight.to(type)).square().sum().backward();
        return input.grad!;
    }

    /// <summary>libtorch's settings; null where its functions have other names than GCC gives them.</summary>
    private static nint? GlobalContextIfAny()
    {
        try
        {
            return OperatingSystem.IsLinux() ? GlobalContext() : null;
        }
        catch (Exception absent) when (absent is DllNotFoundException or EntryPointNotFoundException)
        {
            return null;
        }
    }

    [DllImport(Torch, EntryPoint = "_ZN2at13globalContextEv")]
    private static extern nint GlobalContext();

    [DllImport(Torch, EntryPoint = "_ZN2at7Context20setUserEnabledMkldnnEb")]
    private static extern void SetOneDnn(nint context, byte enabled);

    [DllImport(Torch, EntryPoint = "_ZN2at7Context20setUserEnabledNNPACKEb")]
    private static extern void SetNnpack(nint context, byte enabled);
}

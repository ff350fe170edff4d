using System.Runtime.InteropServices;
using Adapters.Methods;
using Adapters.Models;
using Adapters.Runtime;
using Adapters.Training.Optimizers;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods;

/// <summary>What every registered method keeps to over a long training.</summary>
public sealed class MethodMemoryTests : TorchTest
{
    public static TheoryData<string> Methods => [.. MethodCatalogue.All.Where(method => method.Trains).Select(method => method.Id)];

    /// <summary>On one layer, unless the method asks for more than that.</summary>
    [Theory, MemberData(nameof(Methods))]
    public void Two_hundred_steps_leave_no_tensor_and_no_memory_behind(string method)
    {
        const int Steps = 200, Span = 40;
        const long Slack = 128 << 10; // bytes: less than the smallest tensor of a forward pass in each step of a span
        var registered = MethodCatalogue.Find(method);
        var on = TinyBase.For(method);
        using BaseModel model = registered.Families.Count > 0 || registered.ComposesExperts ? on.Load() : OneLayer.Linear(32, 32);
        using var adapter = TinyBase.AttachByDefault(method, model, on.ContextFor(method, model, Folder));
        using var flat = new FlatParameters(adapter.Trainable);
        using var optimizer = new AdamW(flat, new AdamW.Options());
        manual_seed(1);

        List<(long Tensors, long Bytes)> held = [];
        for (var step = 1; step <= Steps; step++)
        {
            using (NewDisposeScope())
            {
                flat.ZeroGradients();
                TinyBase.Loss(adapter).backward();
                optimizer.Step(step, rate: 1e-3);
                adapter.Stepped?.Invoke(step, Steps);
            }

            if (step % Span == 0)
                held.Add((TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount, NativeBytes()));
        }

        Assert.All(held, each => Assert.Equal(held[0].Tensors, each.Tensors));
        // A leak grows in every span; that the runtime compiles hot code anew, and takes memory for it, falls into one or two.
        Assert.InRange(held.Zip(held.Skip(1), (before, after) => after.Bytes - before.Bytes).Min(), long.MinValue, Slack);
    }

    /// <summary>Bytes that the native allocator has given out and not got back; where it cannot tell, none.</summary>
    private static long NativeBytes()
    {
        if (!OperatingSystem.IsLinux())
            return 0;
        GC.Collect();
        FinalizerPause.LetRun(); // what TorchSharp hands over with each number is freed by finalizers alone
        var heap = mallinfo2();
        return (long)(heap.InUse + heap.Mapped);
    }

    [DllImport("libc")]
    private static extern Heap mallinfo2();

    /// <summary>glibc's <c>struct mallinfo2</c>.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 80)]
    private readonly struct Heap
    {
        [FieldOffset(32)]
        public readonly nuint Mapped; // hblkhd

        [FieldOffset(56)]
        public readonly nuint InUse; // uordblks
    }
}

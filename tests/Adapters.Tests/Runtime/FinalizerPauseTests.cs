using System.Runtime.CompilerServices;
using Adapters.Runtime;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Runtime;

public sealed class FinalizerPauseTests
{
    private static int _finalized;

    [Fact]
    public void Nothing_is_finalized_in_a_pause_but_where_it_is_let()
    {
        using (FinalizerPause.Begin())
        using (FinalizerPause.Begin())
        {
            var before = Volatile.Read(ref _finalized);
            Drop();
            GC.Collect();
            Assert.Equal(before, Volatile.Read(ref _finalized));

            FinalizerPause.LetRun();
            Assert.Equal(before + 1, Volatile.Read(ref _finalized));
        }
    }

    [Fact]
    public void Nothing_is_finalized_while_another_thread_computes()
    {
        using var begun = new ManualResetEventSlim();
        using var end = new ManualResetEventSlim();
        var other = new Thread(() =>
        {
            using var pause = FinalizerPause.Begin();
            begun.Set();
            end.Wait();
        });
        other.Start();
        begun.Wait();
        using (FinalizerPause.Begin())
        {
            var before = Volatile.Read(ref _finalized);
            Drop();
            GC.Collect();
            FinalizerPause.LetRun();
            Assert.Equal(before, Volatile.Read(ref _finalized));
            end.Set();
            other.Join();

            FinalizerPause.LetRun();
            Assert.Equal(before + 1, Volatile.Read(ref _finalized));
        }

        GC.WaitForPendingFinalizers(); // would never return if the pause had not ended
    }

    [Fact]
    public void Numbers_survive_collections_that_other_threads_cause()
    {
        const int additions = 20_000;
        var added = 0;
        var collector = new Thread(() =>
        {
            for (var seen = -1; seen < additions; seen = Volatile.Read(ref added))
            {
                GC.Collect(0);
                SpinWait.SpinUntil(() => Volatile.Read(ref added) > seen);
            }
        });
        using (FinalizerPause.Begin())
        using (NewDisposeScope())
        {
            var sum = zeros(8);
            collector.Start();
            for (var i = 1; i <= additions; i++)
            {
                using var step = NewDisposeScope();
                sum.add_(1);
                Volatile.Write(ref added, i);
            }

            collector.Join();
            Assert.Equal(additions, sum[7].item<float>());
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Drop() => _ = new Counted();

    private sealed class Counted
    {
        ~Counted() => Interlocked.Increment(ref _finalized);
    }
}

using System.Runtime.CompilerServices;

namespace Adapters.Runtime;

/// <summary>Keeps finalizers from running while a thread computes with tensors.</summary>
/// <remarks>
/// TorchSharp hands a number such as the 2 of <c>x * 2</c> to libtorch in native memory that a finalizer frees, and lets go
/// of it before libtorch has read it: a garbage collection that another thread causes in between frees it under libtorch's
/// hands. So nothing is finalized but where the thread that computes says that no computation is under way.
/// </remarks>
internal sealed class FinalizerPause : IDisposable
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(100);
    private static readonly Lock Gate = new();
    private static Barrier.Signals? _closed;
    private static int _threads;
    private static volatile bool _exiting;
    [ThreadStatic] private static int _depth;

    // At the end of a process the runtime waits for the finalizer thread.
    static FinalizerPause() => AppDomain.CurrentDomain.ProcessExit += (_, _) => _exiting = true;

    private FinalizerPause()
    {
    }

    /// <summary>Pauses finalizers until the answer is disposed, on the same thread. May be nested.</summary>
    public static FinalizerPause Begin()
    {
        if (_depth++ == 0)
        {
            lock (Gate)
            {
                if (_threads++ == 0)
                    _closed = Barrier.Close();
            }
        }

        return new FinalizerPause();
    }

    /// <summary>
    /// Runs what waits to be finalized, unless another thread computes too. The caller's own computations are complete.
    /// </summary>
    public static void LetRun()
    {
        lock (Gate)
        {
            if (_threads != 1 || _depth == 0)
                return;
            _closed!.Open.Set();
            GC.WaitForPendingFinalizers(); // what is queued last comes first, so the next barrier would keep the others waiting
            _closed = Barrier.Close();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (--_depth > 0)
            return;
        lock (Gate)
        {
            if (--_threads == 0)
                _closed!.Open.Set();
        }
    }

    /// <summary>Its finalizer holds up all others.</summary>
    private sealed class Barrier(Barrier.Signals signals)
    {
        /// <summary>Returns once the finalizer thread stands at a barrier.</summary>
        public static Signals Close()
        {
            var signals = new Signals(Reached: new ManualResetEventSlim(), Open: new ManualResetEventSlim());
            do
            {
                Drop(signals);
                GC.Collect(0, GCCollectionMode.Forced, blocking: true);
            }
            while (!signals.Reached.Wait(LookAgain) && !_exiting);
            return signals;
        }

        /// <summary>In a method of its own, so that no register or stack slot of the caller's keeps the barrier alive.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void Drop(Signals signals) => _ = new Barrier(signals);

        ~Barrier()
        {
            signals.Reached.Set();
            while (!signals.Open.Wait(LookAgain) && !_exiting)
            {
                // The process may end meanwhile.
            }
        }

        public sealed record Signals(ManualResetEventSlim Reached, ManualResetEventSlim Open);
    }
}

using System.Runtime.InteropServices;

namespace Orchestrator.Running;

/// <summary>Ctrl-C once, or SIGTERM: save and stop. Ctrl-C twice: stop now.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _save = new();
    private readonly CancellationTokenSource _now = new();
    private readonly PosixSignalRegistration[] _registrations;
    private int _signals;

    /// <param name="first">Is told of the first signal.</param>
    public Interruption(Action first)
    {
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Interrupt(signal, first)),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Interrupt(signal, first)),
        ];
    }

    /// <summary>Save and stop.</summary>
    public CancellationToken Save => _save.Token;

    /// <summary>Stop now.</summary>
    public CancellationToken Now => _now.Token;

    /// <summary>Whether SIGTERM, not Ctrl-C, came first.</summary>
    public bool Terminated { get; private set; }

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _save.Dispose();
        _now.Dispose();
    }

    private void Interrupt(PosixSignalContext signal, Action first)
    {
        signal.Cancel = true;
        if (Interlocked.Increment(ref _signals) > 1)
        {
            _now.Cancel();
            return;
        }

        Terminated = signal.Signal == PosixSignal.SIGTERM;
        first();
        _save.Cancel();
    }
}

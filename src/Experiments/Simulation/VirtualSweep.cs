using System.Diagnostics;
using Experiments.Trials;

namespace Experiments.Simulation;

/// <summary>
/// A sweep in virtual time: the ledger decides as it does in earnest, on devices that cost nothing. Whatever happens is an event
/// in a queue, so that hours pass in milliseconds; equal seeds give equal events.
/// </summary>
public sealed class VirtualSweep
{
    private readonly VirtualTime _time = new();
    private readonly VirtualDevice[] _devices;
    private readonly Func<LedgerInput, LedgerStep> _ledger;
    private readonly TimeSpan _latency;

    /// <summary>Begins a sweep.</summary>
    /// <param name="start">What <see cref="SweepLedger.Start"/> answered.</param>
    /// <param name="ledger">What the ledger answers from then on.</param>
    /// <param name="model">What trials take and come to.</param>
    /// <param name="cluster">What they run on.</param>
    public VirtualSweep(LedgerStep start, Func<LedgerInput, LedgerStep> ledger, ITrialModel model, VirtualCluster cluster)
    {
        (_ledger, _latency) = (ledger, cluster.Latency);
        _devices = [.. Enumerable.Range(0, cluster.Devices).Select(index => new VirtualDevice(index, cluster, model, _time, Hear))];
        Do(start);
        foreach (var device in _devices)
            device.Appear();
    }

    /// <summary>Time since the beginning.</summary>
    public TimeSpan Now => _time.Now;

    /// <summary>Whether the ledger has ended the sweep.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Steps that were trained, <see cref="UndoneSteps"/> included.</summary>
    public long Steps => _devices.Sum(device => device.Steps);

    /// <summary>Steps that were lost with a worker, not being saved.</summary>
    public long UndoneSteps => _devices.Sum(device => device.UndoneSteps);

    /// <summary>Time in which devices worked, of all devices in sum.</summary>
    public TimeSpan Busy => _devices.Aggregate(TimeSpan.Zero, (sum, device) => sum + device.Busy);

    /// <summary>How many workers were lost.</summary>
    public int Losses => _devices.Sum(device => device.Losses);

    /// <summary>Lets the next event happen, with all that follows from it at once.</summary>
    /// <returns>Whether there was one, before the sweep's end.</returns>
    public bool Advance() => !HasEnded && _time.Advance();

    /// <summary>Runs the sweep to its end.</summary>
    /// <param name="until">Breaks it off at that time; null for no limit.</param>
    /// <exception cref="InvalidOperationException">When the sweep waits for something that will not come.</exception>
    public void Run(TimeSpan? until = null)
    {
        while (!(_time.Next > until) && Advance())
        {
        }

        if (!HasEnded && _time.Next is null)
            throw new InvalidOperationException("The sweep has not ended, and nothing is due.");
        if (!HasEnded && until is { } end)
            _time.Pass(end);
    }

    private void Hear(LedgerInput input)
    {
        if (!HasEnded)
            Do(_ledger(input));
    }

    private void Do(LedgerStep step)
    {
        foreach (var effect in step.Effects)
            Do(effect);
    }

    private void Do(LedgerEffect effect)
    {
        switch (effect)
        {
            case LedgerEffect.Assign assign: To(assign.Worker, device => device.Assign(assign.Assignment)); break;
            case LedgerEffect.Acknowledge heard: To(heard.Worker, device => device.Acknowledge(heard.Attempt, heard.Sequence)); break;
            case LedgerEffect.Resend resend: To(resend.Worker, device => device.Resend(resend.Attempt, resend.From)); break;
            case LedgerEffect.Fence fence: To(fence.Worker, device => device.Drop(fence.Attempt)); break;
            case LedgerEffect.Stop { Save: true } stop: To(stop.Worker, device => device.Pause(stop.Attempt)); break;
            case LedgerEffect.Stop stop: To(stop.Worker, device => device.Drop(stop.Attempt)); break;
            case LedgerEffect.Suggest suggest: _time.After(TimeSpan.Zero, 0, () => Hear(suggest.Question.Answer())); break;
            case LedgerEffect.EndSweep: HasEnded = true; break;
            case LedgerEffect.DeleteCheckpoints or LedgerEffect.DeleteTrialCheckpoints or LedgerEffect.Hold: break;
            default: throw new UnreachableException();
        }
    }

    /// <summary>Sends to a worker, if it is still there when it comes.</summary>
    private void To(string worker, Action<VirtualDevice> tell)
    {
        var device = _devices[VirtualDevice.IndexOf(worker)];
        _time.After(_latency, device.Index, () =>
        {
            if (device.Worker.Id == worker)
                tell(device);
        });
    }
}

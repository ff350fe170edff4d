namespace GpuActors.Coordination;

/// <summary>Knows since when each worker was not heard of, by the coordinator's own clock. Whoever sleeps hears nobody: of a time in
/// which the coordinator did not look (a stopped process, a suspended machine) no more than a quarter of a lease counts.</summary>
internal sealed class LeaseClock(TimeProvider time, TimeSpan lease)
{
    private readonly Dictionary<string, TimeSpan> _heard = new(StringComparer.Ordinal);
    private TimeSpan _awake;
    private long _looked = time.GetTimestamp();

    /// <summary>How long a worker may be silent.</summary>
    public TimeSpan Lease { get; } = lease;

    /// <summary>The worker gave a sign of life, or its lease begins.</summary>
    public void Renew(string worker) => _heard[worker] = Awake();

    /// <summary>The worker is gone.</summary>
    public void Forget(string worker) => _heard.Remove(worker);

    /// <summary>Workers whose lease has run out.</summary>
    public IReadOnlyList<string> Expired()
    {
        var now = Awake();
        return [.. _heard.Where(pair => now - pair.Value > Lease).Select(pair => pair.Key)];
    }

    private TimeSpan Awake()
    {
        var now = time.GetTimestamp();
        var unseen = time.GetElapsedTime(_looked, now);
        _looked = now;
        return _awake += unseen < Lease / 4 ? unseen : Lease / 4;
    }
}

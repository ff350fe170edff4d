namespace GpuActors.Coordination;

/// <summary>Knows since when each worker was not heard of, by the coordinator's own clock.</summary>
internal sealed class LeaseClock(TimeProvider time, TimeSpan lease)
{
    private readonly Dictionary<string, long> _heard = new(StringComparer.Ordinal);

    /// <summary>How long a worker may be silent.</summary>
    public TimeSpan Lease { get; } = lease;

    /// <summary>The worker gave a sign of life, or its lease begins.</summary>
    public void Renew(string worker) => _heard[worker] = time.GetTimestamp();

    /// <summary>The worker is gone.</summary>
    public void Forget(string worker) => _heard.Remove(worker);

    /// <summary>Workers whose lease has run out.</summary>
    public IReadOnlyList<string> Expired() =>
        [.. _heard.Where(pair => time.GetElapsedTime(pair.Value) > Lease).Select(pair => pair.Key)];
}

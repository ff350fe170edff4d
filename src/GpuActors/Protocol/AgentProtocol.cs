namespace GpuActors.Protocol;

/// <summary>What a node agent tells the coordinator.</summary>
public static class AgentProtocol
{
    /// <summary>The process of a worker is gone, so its lease can be closed at once.</summary>
    public sealed record WorkerDied(string Worker, string Reason);
}

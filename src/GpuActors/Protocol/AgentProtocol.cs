namespace GpuActors.Protocol;

/// <summary>What a node agent and the coordinator say to each other.</summary>
public static class AgentProtocol
{
    /// <summary>The process of a worker is gone, so its lease can be closed at once.</summary>
    public sealed record WorkerDied(string Worker, string Reason);

    /// <summary>The coordinator knows; the agent need not say it again.</summary>
    public sealed record Noted(string Worker);
}

using Akka.Actor;
using Experiments.Trials;
using GpuActors.Protocol;

namespace GpuActors.Coordination;

/// <summary>Speaks to the coordinator from outside the actors; says again what was not answered.</summary>
public sealed class CoordinatorClient
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private readonly IActorRef _coordinator;

    internal CoordinatorClient(IActorRef coordinator) => _coordinator = coordinator;

    /// <summary>How the sweep stands.</summary>
    public Task<SweepProtocol.Status> StatusAsync(CancellationToken cancel) =>
        AskAsync<SweepProtocol.Status>(new SweepProtocol.GetStatus(), cancel);

    /// <summary>Gives no new leases; with <paramref name="stopRunning"/> running attempts save and stop. Done when recorded.</summary>
    public Task PauseAsync(string reason, bool stopRunning, CancellationToken cancel) =>
        AskAsync<SweepProtocol.Done>(new SweepProtocol.Pause(reason, stopRunning), cancel);

    /// <summary>Gives leases again. Done when recorded.</summary>
    public Task ResumeAsync(CancellationToken cancel) => AskAsync<SweepProtocol.Done>(new SweepProtocol.Resume(), cancel);

    /// <summary>Ends a trial, or all when null, for good. Done when recorded.</summary>
    public Task CancelAsync(TrialId? trial, CancellationToken cancel) =>
        AskAsync<SweepProtocol.Done>(new SweepProtocol.Cancel(trial), cancel);

    /// <summary>Done when no worker holds an attempt and all is recorded.</summary>
    public Task QuietAsync(CancellationToken cancel) => AskAsync<SweepProtocol.Done>(new SweepProtocol.WhenQuiet(), cancel);

    /// <summary>The process of a worker is gone. Done when the coordinator knows.</summary>
    internal Task DiedAsync(string worker, string reason, CancellationToken cancel) =>
        AskAsync<AgentProtocol.Noted>(new AgentProtocol.WorkerDied(worker, reason), cancel);

    private async Task<T> AskAsync<T>(object message, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                return await _coordinator.Ask<T>(message, Patience, cancel);
            }
            catch (AskTimeoutException)
            {
                cancel.ThrowIfCancellationRequested(); // lost on the way, or the coordinator is elsewhere now
            }
        }
    }
}

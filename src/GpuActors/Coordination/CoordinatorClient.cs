using Akka.Actor;
using Experiments.Asking;
using Experiments.Storage;
using Experiments.Trials;
using GpuActors.Protocol;

namespace GpuActors.Coordination;

/// <summary>Speaks to the coordinator from outside the actors; says again what was not answered.</summary>
public sealed class CoordinatorClient
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan DeskPatience = TimeSpan.FromSeconds(30);
    private readonly IActorRef _coordinator;
    private volatile bool _isFound;

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

    /// <summary>Asks for a trial. Done when recorded.</summary>
    /// <exception cref="RefusedException">When the request cannot be taken.</exception>
    /// <exception cref="StoreException">When nothing was recorded in time: the disk is full, perhaps.</exception>
    public async Task<AskAnswer> AskAsync(AskRequest request, CancellationToken cancel) =>
        ((SweepProtocol.Asked)await AtTheDeskAsync(new SweepProtocol.Ask(request), cancel)).Answer;

    /// <summary>Tells of a trial. Done when recorded.</summary>
    /// <exception cref="RefusedException">When the request cannot be taken.</exception>
    /// <exception cref="StoreException">When nothing was recorded in time: the disk is full, perhaps.</exception>
    public async Task<TellAnswer> TellAsync(TellRequest request, CancellationToken cancel) =>
        ((SweepProtocol.Told)await AtTheDeskAsync(new SweepProtocol.Tell(request), cancel)).Answer;

    /// <summary>The process of a worker is gone. Done when the coordinator knows.</summary>
    internal Task DiedAsync(string worker, string reason, CancellationToken cancel) =>
        AskAsync<AgentProtocol.Noted>(new AgentProtocol.WorkerDied(worker, reason), cancel);

    /// <summary>Said once: a word without a step, said again, would be one of the next step.</summary>
    private async Task<object> AtTheDeskAsync(object message, CancellationToken cancel)
    {
        if (!_isFound)
            await StatusAsync(cancel); // what is said before the coordinator was found is lost
        _isFound = true;
        try
        {
            var answer = await _coordinator.Ask<object>(message, DeskPatience, cancel);
            return answer is SweepProtocol.Refused refused ? throw new RefusedException(refused.Kind, refused.Message) : answer;
        }
        catch (AskTimeoutException failure)
        {
            throw new StoreException($"The run has recorded nothing for {DeskPatience.TotalSeconds:0} seconds. Try again.", failure);
        }
    }

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

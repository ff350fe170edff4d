using Experiments.Asking;
using GpuActors.Coordination;

namespace Orchestrator.Asking;

/// <summary>The desk of the coordinator that runs in this process.</summary>
/// <param name="coordinator">Speaks to it; awaited, as the socket is there a moment before the coordinator.</param>
/// <param name="data">The data folder, absolute.</param>
internal sealed class CoordinatorDesk(Func<Task<CoordinatorClient>> coordinator, string data) : ITrialDesk
{
    public async Task<AskAnswer> AskAsync(AskRequest request, CancellationToken cancel) =>
        (await (await coordinator().WaitAsync(cancel)).AskAsync(request, cancel)).In(data);

    public async Task<TellAnswer> TellAsync(TellRequest request, CancellationToken cancel) =>
        await (await coordinator().WaitAsync(cancel)).TellAsync(request.In(data), cancel);

    public void Dispose()
    {
        // The coordinator is its host's.
    }
}

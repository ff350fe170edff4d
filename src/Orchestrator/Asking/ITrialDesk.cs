using Experiments.Asking;

namespace Orchestrator.Asking;

/// <summary>Where trials are asked for and told of, in whichever process the sweep's ledger is; the answers are the same.</summary>
internal interface ITrialDesk : IDisposable
{
    /// <summary>Asks for a trial. The folders of the answer are absolute, and that for checkpoints is there.</summary>
    /// <exception cref="RefusedException">When the request cannot be taken.</exception>
    Task<AskAnswer> AskAsync(AskRequest request, CancellationToken cancel);

    /// <summary>Tells of a trial. The request's checkpoint is as the user wrote it, absolute.</summary>
    /// <exception cref="RefusedException">When the request cannot be taken.</exception>
    Task<TellAnswer> TellAsync(TellRequest request, CancellationToken cancel);
}

using System.Threading.Channels;
using Experiments.Asking;
using Experiments.Storage;
using Experiments.Sweeps;
using Experiments.Trials;
using Microsoft.Extensions.Logging.Abstractions;

namespace GpuActors.Coordination;

/// <summary>
/// Coordinates an external sweep for as long as one question takes, where no run does: what was recorded is replayed, the ledger
/// decides, the decision is committed, and only then is there an answer.
/// </summary>
/// <param name="store">The store, opened to write.</param>
/// <param name="catalogue">What sweeps can name.</param>
/// <param name="dataFolder">The data folder, absolute.</param>
/// <param name="time">The clock.</param>
/// <param name="notices">Where those who watch read; never full.</param>
public sealed class BriefCoordinator(
    IExperimentStore store, ICatalogue catalogue, string dataFolder, TimeProvider time, ChannelWriter<SweepNotice> notices)
{
    /// <summary>Gives a trial to somebody who asks for one. A sweep that an earlier run left paused goes on.</summary>
    /// <param name="ledger">A ledger of the sweep that knows no events yet.</param>
    /// <param name="request">What is asked.</param>
    /// <exception cref="RefusedException">When the request cannot be taken.</exception>
    /// <exception cref="SpecException">When the sweep cannot go on under its specification.</exception>
    /// <exception cref="StoreException">When the store cannot be read or written.</exception>
    public Task<AskAnswer> AskAsync(SweepLedger ledger, AskRequest request) => DecideAsync(ledger, request.Sweep, (desk, limits, now) =>
    {
        List<LedgerStep> before = [ledger.Handle(new LedgerInput.Resume())];
        if (limits.Reached(now, TimeSpan.Zero, ledger.Spec.Limits, InHand(ledger)) is { } reached)
            before.Add(ledger.Handle(new LedgerInput.Pause(reached.Reason, StopRunning: false, AtLimit: true)));
        var (step, answer) = desk.Ask(request, now);
        return (before, step, answer);
    });

    /// <summary>Takes in what somebody tells of a trial.</summary>
    /// <param name="ledger">A ledger of the sweep that knows no events yet.</param>
    /// <param name="request">What is told.</param>
    /// <exception cref="RefusedException">When the request cannot be taken.</exception>
    /// <exception cref="StoreException">When the store cannot be read or written.</exception>
    public Task<TellAnswer> TellAsync(SweepLedger ledger, TellRequest request) => DecideAsync(ledger, request.Sweep, (desk, _, now) =>
    {
        var (step, answer) = desk.Tell(request, now);
        return (new List<LedgerStep>(), step, answer);
    });

    private async Task<T> DecideAsync<T>(
        SweepLedger ledger,
        string sweep,
        Func<TrialDesk, TimeLimits, DateTimeOffset, (List<LedgerStep> Before, LedgerStep Step, T Answer)> decide)
    {
        var loaded = LoadedSweep.From(
            store, sweep, ledger, notices, findEarlier: read => EarlierSweeps.Find(ledger.Spec, catalogue, read));
        var now = time.GetUtcNow();
        var begun = loaded.Desk.Answered(ledger.Start(loaded.Earlier));
        var overdue = loaded.Limits.Overdue(now, ledger.Spec.Limits, InHand(ledger))
            .Select(attempt => ledger.Handle(new LedgerInput.TimedOut(attempt)));
        List<LedgerStep> steps = [begun, .. overdue];
        var (before, decided, answer) = decide(loaded.Desk, loaded.Limits, now);
        var (events, effects) = LedgerStep.Joined([.. steps, .. before, decided]);

        RecordedEvent[] recorded =
            [.. events.Select((decision, index) => new RecordedEvent(sweep, loaded.LastNumber + 1 + index, now, decision))];
        store.Append(recorded);
        foreach (var each in recorded)
            notices.TryWrite(new SweepNotice.Recorded(each, Live: true));
        await using var checkpoints = new CheckpointFolders(dataFolder, NullLogger.Instance);
        checkpoints.Delete(effects.OfType<LedgerEffect.DeleteCheckpoints>().SelectMany(gone => gone.Folders));
        foreach (var gone in effects.OfType<LedgerEffect.DeleteTrialCheckpoints>())
            checkpoints.DeleteAll(sweep, gone.Trial, gone.Spared);
        return answer;
    }

    /// <summary>Askers have what was given to them, until their leases are over.</summary>
    private static HashSet<AttemptId> InHand(SweepLedger ledger) => [.. ledger.Leases.Select(lease => lease.Attempt)];
}

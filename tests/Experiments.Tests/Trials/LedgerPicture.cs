using System.Globalization;
using Experiments.Trials;

namespace Experiments.Tests.Trials;

/// <summary>All that a ledger knows from its events, as text, so that two can be compared.</summary>
internal static class LedgerPicture
{
    public static string Of(SweepLedger ledger)
    {
        var state = ledger.State;
        var trials = state.Trials.Select(trial => string.Create(CultureInfo.InvariantCulture,
            $"{trial.Id} {trial.Phase} attempt {trial.Attempt}.{trial.Sequence} step {trial.Step} {trial.Checkpoint} {trial.Artefact} "
            + $"open {trial.OpenNeeds} doom {trial.Doom} dependents {string.Join(' ', trial.Dependents.Select(each => each.Id))} "
            + $"ended {string.Join(' ', Enumerable.Range(1, trial.Attempt).Select(each => trial.EndOf(each)))}"));
        return string.Join('\n',
        [
            $"{state.Pause} {state.End} {string.Join(' ', state.Counts)} ready {string.Join(' ', state.Ready)}",
            $"leases {string.Join(' ', ledger.Leases.OrderBy(lease => lease.Attempt.Trial))}",
            .. trials,
        ]);
    }
}

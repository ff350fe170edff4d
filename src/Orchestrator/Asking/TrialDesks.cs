using Experiments.Asking;
using Experiments.Storage;
using Experiments.Sweeps;
using Orchestrator.Reading;
using Orchestrator.Terminal;

namespace Orchestrator.Asking;

/// <summary>Finds the desk of a data folder: here, where no run holds the store, else in the run.</summary>
internal static class TrialDesks
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Opens it; waits while others who ask hold the store, each for a moment.</summary>
    /// <param name="settings">The data folder, and where the log goes.</param>
    /// <param name="sweep">Name of the sweep.</param>
    /// <param name="spec">What the sweep should be, which may not be there yet; null for one that is.</param>
    /// <param name="catalogue">What a sweep file can name.</param>
    /// <param name="time">The clock.</param>
    /// <param name="note">Is told in a sentence what was found damaged.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="RefusedException">When nothing was ever run in that folder, and there is nothing to begin.</exception>
    /// <exception cref="StoreInUseException">When another process holds the store and does not answer.</exception>
    /// <exception cref="StoreException">When the store is newer than the program, or broken.</exception>
    public static async Task<ITrialDesk> OpenAsync(
        Settings settings,
        string sweep,
        SweepSpec? spec,
        ICatalogue catalogue,
        TimeProvider time,
        Action<string> note,
        CancellationToken cancel)
    {
        var data = settings.Data;
        if (spec is null && !LiteDbStore.ExistsIn(data))
            throw NoSweep(sweep, []);

        for (var begun = time.GetTimestamp(); ; await Task.Delay(Pause, time, cancel))
        {
            try
            {
                return new StoreDesk(LiteDbStore.Open(data, note), spec, catalogue, settings, time);
            }
            catch (StoreInUseException)
            {
                if (await CoordinatorHttp.TryConnectAsync(data, cancel) is { } run)
                    return new SocketDesk(run);
                if (time.GetElapsedTime(begun) > Patience)
                    throw;
            }
        }
    }

    /// <summary>Says that there is no such sweep.</summary>
    public static RefusedException NoSweep(string sweep, IReadOnlyList<string> names) => new(RefusalKind.Unknown,
        $"There is no sweep '{sweep}'.{NearestName.Question(sweep, names)} Begin one: orchestrator ask FILE.");
}

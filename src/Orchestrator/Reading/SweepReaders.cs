using Experiments.Storage;

namespace Orchestrator.Reading;

/// <summary>Opens the sweeps of a data folder, whether a run holds its store or not.</summary>
internal static class SweepReaders
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Reads the store where nobody writes it, else asks who does; waits a little for one that just begins or ends.</summary>
    /// <exception cref="StoreInUseException">When another process holds the store and does not answer.</exception>
    /// <exception cref="StoreException">When the store is newer than the program, or broken.</exception>
    public static async Task<ISweepReader> OpenAsync(string folder, CancellationToken cancel)
    {
        for (var begun = TimeProvider.System.GetTimestamp(); ; await Task.Delay(Pause, cancel))
        {
            try
            {
                return StoreReader.Open(folder);
            }
            catch (StoreInUseException)
            {
                if (await SocketReader.TryConnectAsync(folder, cancel) is { } live)
                    return live;
                if (TimeProvider.System.GetElapsedTime(begun) > Patience)
                    throw;
            }
        }
    }
}

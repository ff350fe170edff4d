using System.Threading.Channels;
using Experiments.Trials;
using Microsoft.Extensions.Logging;

namespace GpuActors.Coordination;

/// <summary>Deletes, in the background, checkpoints that nothing will read again. What cannot be deleted is left and said: it
/// costs only space.</summary>
internal sealed partial class CheckpointFolders : IAsyncDisposable
{
    private readonly Channel<Func<IEnumerable<string>>> _queue = Channel.CreateUnbounded<Func<IEnumerable<string>>>();
    private readonly string _dataFolder;
    private readonly string _sweeps;
    private readonly ILogger _log;
    private readonly Task _deleting;

    public CheckpointFolders(string dataFolder, ILogger log)
    {
        (_dataFolder, _log) = (Path.GetFullPath(dataFolder), log);
        _sweeps = Path.Combine(_dataFolder, "sweeps") + Path.DirectorySeparatorChar;
        _deleting = Task.Run(DeleteAsync);
    }

    /// <summary>Deletes checkpoints, given relative to the data folder, later. Those that lie elsewhere are their owner's.</summary>
    public void Delete(IEnumerable<string> folders) =>
        _queue.Writer.TryWrite(() => folders.Where(folder => !Path.IsPathRooted(folder)).Select(PathOf));

    /// <summary>Deletes all checkpoints of a trial later, also those that were saved and never reported, but for some that others
    /// need, given relative to the data folder.</summary>
    public void DeleteAll(string sweep, TrialId trial, IEnumerable<string> spared)
    {
        var kept = spared.Select(PathOf).ToHashSet(StringComparer.Ordinal);
        _queue.Writer.TryWrite(() => TrialFolders.Checkpoints(_dataFolder, sweep, trial)
            .SelectMany(folder => kept.Any(path => IsIn(folder, path))
                ? Directory.GetFileSystemEntries(folder).Where(entry => !kept.Any(path => path == entry || IsIn(entry, path)))
                : [folder]));
    }

    /// <summary>Ends when all is deleted.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _deleting;
    }

    private static bool IsIn(string folder, string path) =>
        path.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private string PathOf(string folder) => Path.GetFullPath(Path.Combine(_dataFolder, folder));

    private async Task DeleteAsync()
    {
        await foreach (var paths in _queue.Reader.ReadAllAsync())
        {
            foreach (var path in paths())
                Delete(path);
        }
    }

    private void Delete(string path)
    {
        try
        {
            if (!path.StartsWith(_sweeps, StringComparison.Ordinal))
                LogOutside(_log, path, _sweeps);
            else if (Directory.Exists(path))
                Directory.Delete(path, recursive: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            LogFailure(_log, path, failure);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The checkpoint {Folder} is left alone: it does not lie beneath {Sweeps}")]
    private static partial void LogOutside(ILogger log, string folder, string sweeps);

    [LoggerMessage(LogLevel.Warning, "The checkpoint {Folder} cannot be deleted")]
    private static partial void LogFailure(ILogger log, string folder, Exception failure);
}

using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace GpuActors.Coordination;

/// <summary>Deletes, in the background, checkpoints that nothing will read again. What cannot be deleted is left and said: it
/// costs only space.</summary>
internal sealed partial class CheckpointFolders : IAsyncDisposable
{
    private readonly Channel<string> _queue = Channel.CreateUnbounded<string>();
    private readonly string _dataFolder;
    private readonly string _sweeps;
    private readonly ILogger _log;
    private readonly Task _deleting;

    public CheckpointFolders(string dataFolder, ILogger log)
    {
        (_dataFolder, _log) = (dataFolder, log);
        _sweeps = Path.GetFullPath(Path.Combine(dataFolder, "sweeps")) + Path.DirectorySeparatorChar;
        _deleting = Task.Run(DeleteAsync);
    }

    /// <summary>Deletes folders, given relative to the data folder, later.</summary>
    public void Delete(IEnumerable<string> folders)
    {
        foreach (var folder in folders)
            _queue.Writer.TryWrite(folder);
    }

    /// <summary>Ends when all is deleted.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _deleting;
    }

    private async Task DeleteAsync()
    {
        await foreach (var folder in _queue.Reader.ReadAllAsync())
        {
            var path = Path.GetFullPath(Path.Combine(_dataFolder, folder));
            try
            {
                if (!path.StartsWith(_sweeps, StringComparison.Ordinal))
                    LogOutside(_log, folder, _sweeps);
                else if (Directory.Exists(path))
                    DeleteWithEmptyParents(path);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                LogFailure(_log, path, failure);
            }
        }
    }

    /// <summary>Deletes a checkpoint, then the attempt's folder for checkpoints and the attempt's own where they are empty by it.</summary>
    private static void DeleteWithEmptyParents(string path)
    {
        Directory.Delete(path, recursive: true);
        var (checkpoints, attempt) = (Path.GetDirectoryName(path)!, Path.GetDirectoryName(Path.GetDirectoryName(path))!);
        foreach (var parent in (string[])[checkpoints, attempt])
        {
            if (Directory.EnumerateFileSystemEntries(parent).Any())
                return;
            Directory.Delete(parent);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The checkpoint {Folder} is left alone: it does not lie beneath {Sweeps}")]
    private static partial void LogOutside(ILogger log, string folder, string sweeps);

    [LoggerMessage(LogLevel.Warning, "The checkpoint {Folder} cannot be deleted")]
    private static partial void LogFailure(ILogger log, string folder, Exception failure);
}

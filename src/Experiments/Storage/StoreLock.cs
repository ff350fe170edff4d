using System.Diagnostics;
using System.Globalization;

namespace Experiments.Storage;

/// <summary>
/// The lock of a store folder, held by the operating system for as long as this process lives: after a kill it is free.
/// Beside it lies the owner's process id and host, for the message to whoever comes second.
/// </summary>
internal sealed class StoreLock : IDisposable
{
    /// <summary>How long to wait for a reader that copies the store.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly FileStream _file;
    private readonly string? _owner;

    private StoreLock(FileStream file, string? owner) => (_file, _owner) = (file, owner);

    /// <summary>Takes the lock to write.</summary>
    /// <exception cref="StoreInUseException">When another process has it.</exception>
    public static StoreLock Take(string folder)
    {
        var file = Open(folder);
        var owner = Path.Combine(folder, "store.owner");
        File.WriteAllText(owner, string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId} {Environment.MachineName}"));
        return new StoreLock(file, owner);
    }

    /// <summary>Takes the lock for the moment that a copy takes.</summary>
    /// <exception cref="StoreInUseException">When another process has it.</exception>
    public static StoreLock TakeBriefly(string folder) => new(Open(folder), owner: null);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_owner is not null)
            File.Delete(_owner);
        _file.Dispose();
    }

    private static FileStream Open(string folder)
    {
        FileStream? file = null;
        SpinWait.SpinUntil(() => (file = TryOpen(folder)) is not null || OwnerOf(folder) is { IsAlive: true }, Patience);
        return file ?? throw InUse(folder);
    }

    private static FileStream? TryOpen(string folder)
    {
        try
        {
            return new FileStream(Path.Combine(folder, "store.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (IsSharing(e))
        {
            return null;
        }
    }

    /// <summary>Whether another process holds the file: EWOULDBLOCK of Linux and macOS, a sharing violation of Windows.</summary>
    private static bool IsSharing(IOException e) => e.HResult is 11 or 35 or unchecked((int)0x8007_0020);

    private static StoreInUseException InUse(string folder)
    {
        var who = OwnerOf(folder) is { IsAlive: true } owner ? $"process {owner.Pid} on {owner.Host}" : "another process";
        return new StoreInUseException($"The store in {folder} is in use by {who}. Wait for it to end, or name another folder.");
    }

    private static Owner? OwnerOf(string folder)
    {
        var path = Path.Combine(folder, "store.owner");
        return File.Exists(path) && File.ReadAllText(path).Split(' ', 2) is [var pid, var host]
            && int.TryParse(pid, CultureInfo.InvariantCulture, out var id) ? new Owner(id, host) : null;
    }

    private sealed record Owner(int Pid, string Host)
    {
        /// <summary>A process on another host counts as alive: it cannot be asked.</summary>
        public bool IsAlive
        {
            get
            {
                if (Host != Environment.MachineName)
                    return true;

                try
                {
                    using var process = Process.GetProcessById(Pid);
                    return true;
                }
                catch (ArgumentException)
                {
                    return false;
                }
            }
        }
    }
}

using System.Diagnostics;
using System.Globalization;

namespace GpuActors.Nodes;

/// <summary>A process, told apart from a later one that was given the same id.</summary>
/// <param name="Id">Process id.</param>
/// <param name="Started">When it started, in the system's own unit; equal for equal processes whoever asks.</param>
internal sealed record ProcessIdentity(int Id, long Started)
{
    /// <summary>The running process of that id; null when there is none.</summary>
    public static ProcessIdentity? Of(int id)
    {
        try
        {
            return new ProcessIdentity(id, OperatingSystem.IsLinux() ? ClockTicks(id) : StartTicks(id));
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException or IOException)
        {
            return null;
        }
    }

    /// <summary>Kills it, if it still runs, and waits until it is gone.</summary>
    /// <returns>Whether it ran.</returns>
    public async Task<bool> EndAsync(CancellationToken cancel)
    {
        if (Of(Id) != this)
            return false;

        try
        {
            using var process = Process.GetProcessById(Id);
            process.Kill();
            await process.WaitForExitAsync(cancel);
            return true;
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }

    private static long StartTicks(int id)
    {
        using var process = Process.GetProcessById(id);
        return process.StartTime.ToUniversalTime().Ticks;
    }

    /// <summary>Field 22 of the process's status: ticks since the system booted. .NET's start time is computed from it with the
    /// clock of the process that asks, so two that ask get times that differ.</summary>
    private static long ClockTicks(int id)
    {
        var status = File.ReadAllText($"/proc/{id}/stat");
        var afterName = status[(status.LastIndexOf(')') + 2)..].Split(' '); // the name, field 2, may hold anything
        return long.Parse(afterName[22 - 3], CultureInfo.InvariantCulture);
    }
}

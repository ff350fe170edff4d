using System.Globalization;

namespace GpuActors.Commands;

/// <summary>Resident memory of the processes of a session, from the system's own list (Linux).</summary>
internal static class SessionMemory
{
    private const int Session = 6 - 3; // fields are counted from 1, and the first after the name is the third
    private const int ResidentPages = 24 - 3;

    /// <summary>Bytes of all processes of a session together; 0 where it has none, or the system does not tell.</summary>
    public static long Of(int session)
    {
        if (!Directory.Exists("/proc"))
            return 0;

        var wanted = session.ToString(CultureInfo.InvariantCulture);
        var pages = 0L;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!char.IsAsciiDigit(folder["/proc/".Length]) || Status(folder) is not { } fields || fields[Session] != wanted)
                continue;
            pages += long.Parse(fields[ResidentPages], CultureInfo.InvariantCulture);
        }

        return pages * Environment.SystemPageSize;
    }

    private static string[]? Status(string folder)
    {
        try
        {
            var status = File.ReadAllText(Path.Combine(folder, "stat"));
            return status[(status.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null; // it ended since the folder was listed
        }
    }
}

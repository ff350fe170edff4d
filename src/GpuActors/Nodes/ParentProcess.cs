using System.Runtime.InteropServices;

namespace GpuActors.Nodes;

/// <summary>Binds this process to the one that started it, so that none is left behind whatever happens to the parent.</summary>
internal static partial class ParentProcess
{
    private const int SetParentDeathSignal = 1; // PR_SET_PDEATHSIG
    private const int Terminate = 15; // SIGTERM

    /// <summary>Asks for SIGTERM when the parent ends, where the system knows that (Linux).</summary>
    /// <param name="parent">Process id of the parent.</param>
    /// <returns>False when the parent is gone already.</returns>
    public static bool Bind(int parent)
    {
        if (!OperatingSystem.IsLinux())
            return true; // its end shows as the end of the pipe on standard input
        _ = PrCtl(SetParentDeathSignal, Terminate, 0, 0, 0);
        return GetParentId() == parent; // after the call above, so that no moment is left uncovered
    }

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int PrCtl(int option, nuint second, nuint third, nuint fourth, nuint fifth);

    [LibraryImport("libc", EntryPoint = "getppid")]
    private static partial int GetParentId();
}

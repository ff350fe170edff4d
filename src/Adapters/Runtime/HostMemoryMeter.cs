using System.Globalization;

namespace Adapters.Runtime;

/// <summary>
/// The process' highest resident memory. On Linux the kernel keeps the mark; elsewhere it is the highest of the samples.
/// </summary>
internal sealed class HostMemoryMeter : MemoryMeter
{
    private readonly bool _kernelKeepsMark;
    private long _highest;

    /// <summary>Begins anew. Memory that earlier work freed is given back first, lest it count as this one's.</summary>
    public HostMemoryMeter()
    {
        NativeSettings.ReturnFreeMemory();
        _kernelKeepsMark = TryResetMark();
        _highest = Environment.WorkingSet;
    }

    public override long PeakBytes => _highest = Math.Max(_highest, _kernelKeepsMark ? ReadMark() : Environment.WorkingSet);

    public override void Sample()
    {
        if (!_kernelKeepsMark)
            _highest = Math.Max(_highest, Environment.WorkingSet);
    }

    private static bool TryResetMark()
    {
        if (!OperatingSystem.IsLinux())
            return false;
        try
        {
            File.WriteAllText("/proc/self/clear_refs", "5"); // resets VmHWM
            return true;
        }
        catch (Exception denied) when (denied is IOException or UnauthorizedAccessException)
        {
            return false; // a hardened container; the samples remain
        }
    }

    private static long ReadMark()
    {
        const string field = "VmHWM:";
        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(field, StringComparison.Ordinal));
        return 1024 * long.Parse(line.AsSpan(field.Length, line.Length - field.Length - "kB".Length), NumberStyles.AllowLeadingWhite
            | NumberStyles.AllowTrailingWhite);
    }
}

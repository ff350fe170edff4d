using System.Runtime.InteropServices;

namespace Adapters.Runtime;

/// <summary>Settings of the C library beneath libtorch. Elsewhere than on Linux with glibc there is nothing to set.</summary>
internal static class NativeSettings
{
    private const int TrimThreshold = -1, TopPad = -2, MapThreshold = -3; // M_… of malloc.h

    /// <summary>Sets variables that are absent, and keeps freed memory in the process.</summary>
    /// <remarks>.NET's own <c>Environment</c> is a copy that native libraries never see.</remarks>
    public static void Apply(IReadOnlyDictionary<string, string> environment)
    {
        if (!OperatingSystem.IsLinux())
            return;
        foreach (var (name, value) in environment)
            _ = setenv(name, value, overwrite: 0);
        KeepFreedMemory();
    }

    /// <summary>Gives memory that was freed back to the system.</summary>
    public static void ReturnFreeMemory()
    {
        if (OperatingSystem.IsLinux() && HasGlibc)
            _ = malloc_trim(0);
    }

    /// <summary>
    /// Activations are freed and asked for again in each step. By default glibc maps the large ones afresh each time,
    /// and the page faults cost as much as the arithmetic.
    /// </summary>
    private static void KeepFreedMemory()
    {
        if (!HasGlibc)
            return;
        _ = mallopt(MapThreshold, 1 << 30);
        _ = mallopt(TrimThreshold, int.MaxValue);
        _ = mallopt(TopPad, 64 << 20);
    }

    private static bool HasGlibc { get; } =
        NativeLibrary.TryLoad("libc.so.6", out var library) && NativeLibrary.TryGetExport(library, nameof(mallopt), out _);

    [DllImport("libc")]
    private static extern int setenv(
        [MarshalAs(UnmanagedType.LPUTF8Str)] string name, [MarshalAs(UnmanagedType.LPUTF8Str)] string value, int overwrite);

    [DllImport("libc")]
    private static extern int mallopt(int parameter, int value);

    [DllImport("libc")]
    private static extern int malloc_trim(nint pad);
}

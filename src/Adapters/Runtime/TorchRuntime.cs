using System.Runtime.InteropServices;
using Adapters.Methods;
using static TorchSharp.torch;

namespace Adapters.Runtime;

/// <summary>Makes libtorch usable in this process. Nothing of Torch may be touched before <see cref="Initialize"/>.</summary>
/// <remarks>
/// TorchSharp's native library is built with GCC 13 and asks for libstdc++'s symbol version GLIBCXX_3.4.32, which
/// Debian 12, Ubuntu 22.04 and RHEL 9 lack. The only symbol behind it, <c>std::ios_base_library_init()</c>, is a marker
/// that nothing calls, so on those systems the copy in the program's own folder is made to ask for it weakly. The
/// package cache is never touched.
/// </remarks>
public static class TorchRuntime
{
    private const string Library = "libLibTorchSharp.so";
    private const string Version = "GLIBCXX_3.4.32";
    private const string Marker = "_ZSt21ios_base_library_initv";
    private static readonly Lock Gate = new();
    private static TorchStatus? _status;

    /// <summary>Prepares and loads libtorch, and sets the number of threads that one operation may use.</summary>
    /// <param name="threads">Threads of an operation, at least 1: the cores of this process' slot.</param>
    /// <returns>What had to be done, for <c>doctor</c> and the log. A second call only sets the threads.</returns>
    /// <exception cref="AdapterException">When libtorch cannot be made to load, with the remedy.</exception>
    public static TorchStatus Initialize(int threads = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        lock (Gate)
        {
            if (_status is null)
            {
                NativeSettings.Apply(RecommendedEnvironment(threads));
                _status = Load(AppContext.BaseDirectory);
            }
            set_num_threads(threads);
            return _status;
        }
    }

    /// <summary>
    /// Environment variables that libtorch's libraries read while they are loaded. <see cref="Initialize"/> sets those
    /// that are absent; whoever starts a process may set others.
    /// </summary>
    /// <param name="threads">Threads of an operation, at least 1.</param>
    public static IReadOnlyDictionary<string, string> RecommendedEnvironment(int threads) => new Dictionary<string, string>
    {
        ["OMP_NUM_THREADS"] = $"{threads}",
        ["OMP_WAIT_POLICY"] = "PASSIVE", // threads that spin while they wait take the core from other slots
        ["MALLOC_ARENA_MAX"] = "1", // others hold 64 MB at most, and map larger tensors afresh each time
        ["MKL_CBWR"] = "AUTO", // else the bits of small products depend on where their inputs lie in memory
        ["PYTORCH_ALLOC_CONF"] = "backend:cudaMallocAsync", // the driver's pool keeps count of a GPU's memory
    };

    private static TorchStatus Load(string folder)
    {
        var patched = OperatingSystem.IsLinux() && !SystemHasVersion() ? Patch(folder) : [];
        try
        {
            set_num_threads(1);
            backends.cudnn.allow_tf32 = false; // float32 is float32 on every device, unless asked for otherwise
        }
        catch (Exception failure) when (failure is TypeInitializationException or DllNotFoundException or NotSupportedException)
        {
            var cause = failure.InnerException ?? failure;
            throw new AdapterException($"libtorch cannot be loaded from '{folder}': {cause.Message}", failure);
        }
        return new TorchStatus(__version__, patched, ConvolutionKernels.Correct());
    }

    /// <summary>Makes the version weak in every copy of the library that lies where TorchSharp looks for it.</summary>
    /// <returns>The copies that are weak now.</returns>
    internal static IReadOnlyList<string> Patch(string folder)
    {
        var patched = new List<string>();
        foreach (var file in Copies(folder))
            if (PatchFile(file))
                patched.Add(file);
        return patched;
    }

    /// <summary>Makes the version weak in one copy.</summary>
    /// <returns>Whether it is weak now; false where the library does not ask for it.</returns>
    internal static bool PatchFile(string file)
    {
        try
        {
            return WeakVersionPatch.Apply(file, Version) is not WeakVersionPatch.Outcome.NotAsked;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new AdapterException(
                $"'{file}' needs a libstdc++ of GCC 13 or newer ({Version}), which this system lacks, and cannot be adapted "
                + $"({failure.Message}). Start the program once with its folder writable, or install a newer libstdc++.",
                failure);
        }
    }

    private static IEnumerable<string> Copies(string folder) =>
        new[] { folder, Path.Combine(folder, "runtimes", "linux-x64", "native"), Path.Combine(folder, "cpu") }
            .Concat(Directory.EnumerateDirectories(folder, "cuda*"))
            .Select(place => Path.Combine(place, Library))
            .Where(File.Exists);

    /// <summary>Asks the very libstdc++ that libtorch will be bound to: the runtime itself has it loaded.</summary>
    private static bool SystemHasVersion() =>
        NativeLibrary.TryLoad("libstdc++.so.6", out var library) && NativeLibrary.TryGetExport(library, Marker, out _);
}

/// <summary>How libtorch came to run here.</summary>
/// <param name="Version">libtorch's version.</param>
/// <param name="PatchedLibraries">Files that were made to run on this system's older libstdc++; empty where that was not needed.</param>
/// <param name="OneDnnIsOff">Whether oneDNN, which computes wrongly on this processor, is not used.</param>
public sealed record TorchStatus(string Version, IReadOnlyList<string> PatchedLibraries, bool OneDnnIsOff);

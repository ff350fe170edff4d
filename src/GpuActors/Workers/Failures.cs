using System.Runtime.InteropServices;
using Adapters.Methods;
using Adapters.Training;
using Experiments.Trials;
using GpuActors.Commands;

namespace GpuActors.Workers;

/// <summary>Which class of failure an exception is, and what to say about it.</summary>
internal static class Failures
{
    private const int LongestMessage = 2_000;

    /// <summary>What libtorch says when memory is short, on CPUs and on GPUs.</summary>
    private static readonly string[] OutOfMemory = ["out of memory", "can't allocate memory", "not enough memory"];

    /// <summary>What CUDA says when the process's context is broken for good.</summary>
    private static readonly string[] DeviceLost =
        ["illegal memory access", "unspecified launch failure", "device-side assert", "CUDA-capable device", "ECC error"];

    /// <summary>How an attempt that threw has ended.</summary>
    public static AttemptOutcome.Failed Outcome(Exception failure) =>
        new(CauseOf(failure), Message(failure), StepOf(failure), IsDiskFull(failure));

    /// <summary>Whether the process cannot use its device again.</summary>
    public static bool IsDeviceLost(Exception failure) => failure is ExternalException && Says(failure, DeviceLost);

    /// <summary>Whether there was no room, or the user's quota is used up. .NET gives the system's own error number.</summary>
    private static bool IsDiskFull(Exception failure) => failure is IOException && (OperatingSystem.IsWindows()
        ? (failure.HResult & 0xFFFF) is 39 or 112 // ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL
        : failure.HResult is 28 or 69 or 122); // ENOSPC, EDQUOT of macOS and of Linux

    private static int? StepOf(Exception failure) => failure switch
    {
        DivergedException diverged => diverged.Step,
        CommandException command => command.Step,
        _ => null,
    };

    private static FailureCause CauseOf(Exception failure) => failure switch
    {
        CommandException command => command.Cause,
        DivergedException => FailureCause.Nan,
        AdapterException => FailureCause.Invalid,
        _ when IsDeviceLost(failure) => FailureCause.Lost,
        OutOfMemoryException => FailureCause.Oom,
        ExternalException when Says(failure, OutOfMemory) => FailureCause.Oom,
        IOException or UnauthorizedAccessException => FailureCause.Io,
        _ => FailureCause.Error,
    };

    private static bool Says(Exception failure, string[] words) =>
        words.Any(word => failure.Message.Contains(word, StringComparison.OrdinalIgnoreCase));

    /// <summary>A person's mistake is its sentence; a bug also says what kind it is. The log has the stack.</summary>
    private static string Message(Exception failure)
    {
        var text = failure is AdapterException or DivergedException or CommandException or IOException
            ? failure.Message
            : $"{failure.GetType().Name}: {failure.Message}";
        return text.Length <= LongestMessage ? text : text[..LongestMessage];
    }
}

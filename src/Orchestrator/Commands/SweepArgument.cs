using System.CommandLine;
using Experiments.Storage;
using Orchestrator.Reading;

namespace Orchestrator.Commands;

/// <summary>The sweep that a reading command is about.</summary>
internal static class SweepArgument
{
    /// <summary>A required argument.</summary>
    public static Argument<string> Create() => new("sweep") { Description = "Name of a sweep, a prefix that only it has, or @last." };

    /// <summary>Reads the sweep that was named.</summary>
    /// <exception cref="NoSuchThingException">When there is none, or more than one.</exception>
    public static async Task<SweepSnapshot> ReadSweep(
        this CommandContext context, ParseResult parsed, string given, CancellationToken cancel)
    {
        using var reader = await context.Sweeps(context.Settings(parsed).Data, cancel);
        return await reader.Read(SweepNames.Resolve(await reader.List(cancel), given), cancel);
    }
}

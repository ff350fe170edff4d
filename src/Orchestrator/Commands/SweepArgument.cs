using System.CommandLine;
using Experiments.Storage;
using Orchestrator.Reading;

namespace Orchestrator.Commands;

/// <summary>The sweep that a reading command is about.</summary>
internal static class SweepArgument
{
    private const string Meaning = "Name of a sweep, a prefix that only it has, or @last.";

    /// <summary>A required argument.</summary>
    public static Argument<string> Create() => new("sweep") { Description = Meaning };

    /// <summary>One that may be left out.</summary>
    /// <param name="without">What happens without it, as a sentence.</param>
    public static Argument<string?> CreateOptional(string without) =>
        new("sweep") { Description = $"{Meaning} {without}", Arity = ArgumentArity.ZeroOrOne };

    /// <summary>The sweep that was named, or all of them where none was.</summary>
    /// <exception cref="NoSuchThingException">When there is no such sweep, or more than one.</exception>
    public static IReadOnlyList<string> Names(IReadOnlyList<SweepSummary> sweeps, string? given) =>
        given is null ? [.. sweeps.Select(sweep => sweep.Name)] : [SweepNames.Resolve(sweeps, given)];

    /// <summary>Reads the sweep that was named.</summary>
    /// <exception cref="NoSuchThingException">When there is none, or more than one.</exception>
    public static async Task<SweepSnapshot> ReadSweep(
        this CommandContext context, ParseResult parsed, string given, CancellationToken cancel)
    {
        using var reader = await context.Sweeps(context.Settings(parsed).Data, cancel);
        return await reader.Read(SweepNames.Resolve(await reader.List(cancel), given), cancel);
    }
}

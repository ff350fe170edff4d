using System.CommandLine;
using Experiments.Sweeps;
using Orchestrator.Reading;
using Orchestrator.Terminal;

namespace Orchestrator.Commands;

/// <summary>What commands work with. Nothing here is made before a command asks for it, so that help is quick.</summary>
internal sealed class CommandContext(Surroundings surroundings)
{
    /// <summary>Options that every command takes.</summary>
    public GlobalOptions Options { get; } = new();

    /// <summary>Streams, environment, folder, time.</summary>
    public Surroundings Surroundings { get; } = surroundings;

    /// <summary>Makes the list of what a sweep file can name.</summary>
    public required Func<ICatalogue> Catalogue { get; init; }

    /// <summary>Opens the sweeps of a data folder for reading.</summary>
    public required Func<string, CancellationToken, Task<ISweepReader>> Sweeps { get; init; }

    /// <summary>The settings of an invocation.</summary>
    public Settings Settings(ParseResult parsed) => Options.Read(parsed, Surroundings);

    /// <summary>Where an invocation speaks.</summary>
    public Output Output(ParseResult parsed) => new(Surroundings, Settings(parsed));
}

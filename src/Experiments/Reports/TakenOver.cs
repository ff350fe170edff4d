using Experiments.Trials;

namespace Experiments.Reports;

/// <summary>What an entry's sampler knows of an earlier sweep.</summary>
public sealed record TakenOver
{
    /// <summary>Name of the earlier sweep.</summary>
    public required string Sweep { get; init; }

    /// <summary>Name of the entry.</summary>
    public required string Method { get; init; }

    /// <summary>Configurations that are taken over.</summary>
    public required int Configurations { get; init; }

    /// <summary>Those that are not, because they are not of the entry's space.</summary>
    public required int LeftOut { get; init; }

    /// <summary>The same as a sentence.</summary>
    public required string Said { get; init; }

    /// <summary>What was taken over, without its observations.</summary>
    public static TakenOver Of(ImportedHistory history) => new()
    {
        Sweep = history.Sweep,
        Method = history.Entry,
        Configurations = history.Observations.Count,
        LeftOut = history.LeftOut,
        Said = EarlierSweeps.Say(history),
    };
}

namespace Experiments.Sweeps;

/// <summary>A block whose trials are asked for and told of by programs that somebody else runs. No worker takes them.</summary>
public sealed record ExternalSpec
{
    /// <summary>What stands for task, method and device of such work.</summary>
    public const string Name = "external";

    /// <summary>Whether a trial is worth its best told value instead of its last.</summary>
    public bool TakesBest { get; init; }
}

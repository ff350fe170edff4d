using Experiments.Sweeps;

namespace Experiments.Samplers;

/// <summary>Registers a sampler under the name that sweep files use.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class SamplerAttribute(string id) : Attribute
{
    /// <summary>The name, for example <c>random</c>.</summary>
    public string Id { get; } = id;
}

/// <summary>Draws configurations. Pure: equal questions give equal answers, so that a suggestion can be recomputed, on any
/// thread.</summary>
public interface ISampler
{
    /// <summary>The configuration of that index in a space, or null where the space has no more.</summary>
    /// <param name="space">The space of one method entry.</param>
    /// <param name="history">What every earlier configuration of the same entry came to, ended or not.</param>
    /// <param name="index">Index of the configuration within its entry, from 0.</param>
    /// <param name="seed">A seed of the entry: a hash of the sweep's seed, the block and the entry.</param>
    Configuration? Suggest(SearchSpace space, IReadOnlyList<Observation> history, int index, ulong seed);

    /// <summary>Whether a suggestion depends on what earlier configurations came to. If so, configurations are drawn one by one
    /// as devices become free; else all at the start.</summary>
    bool UsesHistory => false;

    /// <summary>Whether a suggestion may take so long that whoever decides about the sweep should not wait for it: then it is
    /// asked for, and made on another thread. Only of a sampler that uses the history.</summary>
    bool IsSlow => false;

    /// <summary>Whether it goes through the values of a grid, each configuration once, by index alone. Then the configurations
    /// that an entry starts with are of the grid, and take their own places in it.</summary>
    bool GoesThroughGrid => false;

    /// <summary>How many configurations the sampler gives of a space before it has no more, so that a sweep without
    /// <c>trials</c> ends by itself; null where it never ends, or past counting.</summary>
    long? Count(SearchSpace space);

    /// <summary>How many configurations a space has for the sampler; one that gives them all has as many in
    /// <see cref="Count"/>.</summary>
    SpaceSize Size(SearchSpace space) => SpaceSize.Of(space, GridSpace.OfDraws(space));

    /// <summary>What a user should know about drawing that many configurations, as the end of a sentence; null for nothing.</summary>
    string? Advice(long configurations) => null;

    /// <summary>Why the sampler cannot use a space, all of whose domains it can, as the end of a sentence that begins with
    /// its entry; null where it can.</summary>
    string? Obstacle(SearchSpace space) => SpaceSize.Obstacle(space, GridSpace.OfDraws(space));

    /// <summary>Why the sampler cannot use a domain, as the end of a sentence that begins with the parameter; null where
    /// it can.</summary>
    string? Obstacle(Domain domain) => null;
}

/// <summary>What an earlier configuration came to: its newest value (lower is better) or none yet.</summary>
/// <param name="Index">Index of the configuration within its entry; below 0, from -1 down to the oldest, for those that were
/// taken over from earlier sweeps.</param>
/// <param name="Configuration">Its values.</param>
/// <param name="Value">Mean of the metric over the replicates that came furthest, of each over what it reported in the last third of
/// its steps so far, turned so that lower is better; null while unknown. With several objectives, and where a program is worth its
/// best value, the last report.</param>
/// <param name="Failed">Whether every replicate ended without a value.</param>
/// <param name="Progress">Share of its full resource after which the value was measured: below 1 where the scheduler lets it
/// rest or has pruned it, or it still runs.</param>
public sealed record Observation(int Index, Configuration Configuration, double? Value, bool Failed, double Progress = 1)
{
    private readonly EquatableArray<double> _objectives;

    /// <summary>One value for each objective, lower is better in all; empty while unknown. Default: <see cref="Value"/>.</summary>
    public EquatableArray<double> Objectives
    {
        get => _objectives.Count > 0 || Value is not { } only ? _objectives : [only];
        init => _objectives = value;
    }

    /// <summary>Whether it is from an earlier sweep, so that its configuration may still be given in this one.</summary>
    public bool IsTakenOver => Index < 0;

    /// <summary>What was measured before <see cref="Value"/>, in ascending order of progress, in the same way.</summary>
    public EquatableArray<Measurement> Earlier { get; init; } = [];

    /// <summary>By how much measured limits are exceeded in sum, at least 0; whatever exceeds none is better than what does.</summary>
    public double Violation { get; init; }
}

/// <summary>A value on the way: lower is better.</summary>
/// <param name="Progress">Share of the full resource after which it was measured.</param>
/// <param name="Value">The value, finite.</param>
public readonly record struct Measurement(double Progress, double Value);

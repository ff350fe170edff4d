namespace Experiments.Samplers;

/// <summary>
/// What a sampler that goes by generations learns from: the configurations that came to something, in order of index, however
/// their trials overlapped. One that is still out takes its place when it is in, so nothing waits for it, and what is learnt
/// in the end does not depend on who was first.
/// </summary>
internal static class Generations
{
    /// <summary>The earlier configurations that ended, in order of index.</summary>
    public static List<Observation> Ended(IReadOnlyList<Observation> history, int index) =>
    [
        .. history.Where(observation => observation.Index < index && (observation.Failed || observation.Objectives.Count > 0))
            .OrderBy(observation => observation.Index),
    ];
}

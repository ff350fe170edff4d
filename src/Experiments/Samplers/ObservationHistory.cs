using System.Collections;
using Experiments.Sweeps;

namespace Experiments.Samplers;

/// <summary>
/// What the configurations of an entry came to, in order of index, after what was taken over from earlier sweeps. Keeps the set of
/// what was given, so that a draw which has to be new does not go through all that was drawn before.
/// </summary>
internal sealed class ObservationHistory : IReadOnlyList<Observation>
{
    private readonly List<Observation> _observations = [];
    private readonly HashSet<Configuration> _given = []; // of the first configurations, as many as were asked for
    private int _takenOver;
    private int _inGiven;

    public int Count => _observations.Count;

    public Observation this[int position] => _observations[position];

    /// <summary>Puts what earlier sweeps found before everything else, after what was taken over before.</summary>
    public void TakeOver(EquatableArray<Observation> observations)
    {
        _observations.InsertRange(_takenOver, observations);
        _takenOver += observations.Count;
    }

    /// <summary>Takes in how a configuration stands: the next one, or one that is there.</summary>
    public void Note(Observation observation)
    {
        if (observation.Index == Count - _takenOver)
            _observations.Add(observation);
        else
            _observations[_takenOver + observation.Index] = observation;
    }

    /// <summary>The configurations below an index.</summary>
    public HashSet<Configuration> GivenBefore(int index)
    {
        if (index < _inGiven)
            return [.. Own(0, index)];
        _given.UnionWith(Own(_inGiven, index));
        _inGiven = Math.Min(index, Count - _takenOver);
        return _given;
    }

    public IEnumerator<Observation> GetEnumerator() => _observations.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private IEnumerable<Configuration> Own(int from, int to)
    {
        for (var index = from; index < to && index < Count - _takenOver; index++)
            yield return _observations[_takenOver + index].Configuration;
    }
}

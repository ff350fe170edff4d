using Experiments.Trials;

namespace Experiments.Schedulers;

/// <summary>A configuration on its way from seed to seed.</summary>
/// <param name="id">The trial of its first seed, which stands for it.</param>
internal sealed class SeedConfiguration(TrialId id)
{
    private readonly List<TrialId> _trials = [];
    private readonly List<double> _values = [];
    private int _begun = 1;

    public TrialId Id => id;

    /// <summary>What it came to, seed by seed.</summary>
    public IReadOnlyList<double> Values => _values;

    /// <summary>How many seeds it could have.</summary>
    public int Seeds => _trials.Count;

    /// <summary>Its mean over the seeds so far, of which there is one at least.</summary>
    public RungEntry Entry => new(_values.Average(), id);

    /// <summary>Why it gets no more seeds; null while it may.</summary>
    public string? Closed { get; set; }

    /// <summary>Whether it has every seed that there is.</summary>
    public bool IsComplete => Closed is null && _values.Count == _trials.Count;

    /// <summary>The trial of its next seed, which only a promotion is missing to; null for none.</summary>
    public TrialId? Next => Closed is null && _values.Count == _begun && _begun < _trials.Count ? _trials[_begun] : null;

    /// <summary>Its trials that have not been promoted.</summary>
    public IEnumerable<TrialId> Held => _trials.Skip(_begun);

    public bool Holds(TrialId trial) => _trials.IndexOf(trial, Math.Min(_begun, _trials.Count)) >= 0;

    public void Add(TrialId trial) => _trials.Add(trial);

    public void Promote() => _begun++;

    public void Take(double value) => _values.Add(value);
}

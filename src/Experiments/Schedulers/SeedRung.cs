namespace Experiments.Schedulers;

/// <summary>The configurations that have come to a number of seeds, and those of them that could go on to the next.</summary>
internal sealed class SeedRung
{
    private readonly RungTable _arrived = new();
    private readonly SortedDictionary<RungEntry, SeedConfiguration> _waiting = [];
    private SeedConfiguration? _best;

    public int Count => _arrived.Count;

    /// <summary>The best of all that could go on.</summary>
    public SeedConfiguration? BestWaiting
    {
        get
        {
            foreach (var (entry, configuration) in _waiting)
                return double.IsFinite(entry.Value) ? configuration : null;
            return null;
        }
    }

    /// <summary>Takes in a configuration, and says which is the best of those that have arrived.</summary>
    public SeedConfiguration Insert(SeedConfiguration configuration)
    {
        _arrived.Insert(configuration.Entry);
        return _best = RankOf(configuration) == 0 ? configuration : _best!;
    }

    /// <summary>Its place, from 0.</summary>
    public int RankOf(SeedConfiguration configuration) => _arrived.RankOf(configuration.Entry);

    public bool IsAmongBest(SeedConfiguration configuration, int factor) => _arrived.IsAmongBest(configuration.Entry, factor);

    public void Wait(SeedConfiguration configuration) => _waiting.TryAdd(configuration.Entry, configuration);

    public void Leave(SeedConfiguration configuration) => _waiting.Remove(configuration.Entry);
}

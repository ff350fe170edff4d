namespace Experiments.Samplers.ParzenEstimators;

/// <summary>
/// What the trials that have a group of parameters say about it: candidates for its coordinates, best first. The best
/// trials make one density, the good one, all others and those that still run another, the bad one; a candidate is drawn
/// from the good one and is the better, the higher the ratio of the two (Bergstra et al. 2011, section 4).
/// </summary>
/// <remarks>
/// Where this goes beyond the paper, it was chosen on the functions in <c>bench/Samplers</c>, with Watanabe 2023
/// (arXiv:2304.11127) as the map of what can be chosen: bandwidths follow the spread of each set, so that the good one
/// closes in; a good trial's weight falls with the logarithm of its rank; and some suggestions leap, which means that they
/// change a single parameter of the best trial to anything. What a leap is judged by is sharp where bad trials crowd, since
/// one width for all of them would blur a minimum that is used up into its surroundings: it would look as new as what nobody
/// has seen. Most take the leap of the highest ratio, a step along one axis; a few scout where the fewest bad trials are,
/// and so leave a local minimum where a kernel as wide as the gap would be needed.
/// </remarks>
/// <param name="columns">The parameters' columns.</param>
/// <param name="parameters">Their places in the table.</param>
/// <param name="goodShare">Which share of the trials is good.</param>
internal sealed class GroupSearch(Column[] columns, int[] parameters, double goodShare)
{
    private const int MostGood = 25;
    private const int MostBad = 1000; // the newest; what one suggestion costs stays bounded
    private const double GoodBandwidth = 0.7; // narrower than Scott's, whose aim is the shape of a density, not its peaks
    private const double BadBandwidth = 0.5;
    private const double GoodPrior = 0.5;
    private const double BadPrior = 1;
    private const double ScoutShare = 0.1;
    private const double LeapShare = 0.5; // scouts among them

    private readonly ParzenEstimator _good = new(columns, GoodBandwidth, GoodPrior);
    private readonly ParzenEstimator _bad = new(columns, BadBandwidth, BadPrior);
    private readonly ParzenEstimator _badNearby = new(columns, BadBandwidth, BadPrior, isLocal: true); // what leaps are judged by
    private readonly HashSet<int> _chosen = []; // the good trials
    private readonly double[] _best = new double[columns.Length];
    private double[] _rows = [];
    private double[] _weights = [];
    private double[] _candidates = [];
    private double[] _ratios = []; // negative, so that they sort best first
    private int[] _order = [];
    private Branch? _branch;

    /// <summary>The candidate of a rank, from 0.</summary>
    public ReadOnlySpan<double> this[int rank] => Candidate(_order[rank]);

    /// <summary>Draws candidates and ranks them.</summary>
    /// <param name="table">The coordinates of the trials.</param>
    /// <param name="trials">The trials.</param>
    /// <param name="candidates">How many candidates.</param>
    /// <param name="draws">Random numbers.</param>
    /// <param name="branch">What the candidates are confined to; where its best trial has the group, only trials of the branch
    /// count.</param>
    public void Rank(TrialTable table, TrialRanking trials, int candidates, KeyedDraws draws, Branch? branch = null)
    {
        _branch = null;
        _branch = branch is not null && Has(table, branch.Best) ? branch : null;
        var good = FitGood(table, trials);
        var kind = good > 0 ? draws.Real() : 1;
        var bad = kind < LeapShare ? _badNearby : _bad;
        FitBad(bad, table, trials);
        if (_order.Length < candidates)
            (_candidates, _ratios, _order) = (new double[candidates * columns.Length], new double[candidates], new int[candidates]);

        for (var candidate = 0; candidate < candidates; candidate++)
        {
            var row = Candidate(candidate);
            if (kind < LeapShare)
                Leap(row, draws);
            else
                _good.Draw(row, draws);
            for (var column = 0; branch is not null && column < columns.Length; column++)
                row[column] = branch.Confine(parameters[column], row[column]);
            _ratios[candidate] = bad.LogDensity(row) - (kind < ScoutShare ? 0 : _good.LogDensity(row));
            _order[candidate] = candidate;
        }

        Array.Sort(_ratios, _order, 0, candidates);
    }

    /// <summary>The best trial, but for one parameter.</summary>
    private void Leap(Span<double> row, KeyedDraws draws)
    {
        _best.CopyTo(row);
        var column = draws.Below(columns.Length);
        row[column] = columns[column].Draw(draws);
    }

    private int FitGood(TrialTable table, TrialRanking trials)
    {
        var finished = 0;
        foreach (var trial in trials.ByValue)
            finished += Has(table, trial) ? 1 : 0;
        var most = Math.Min(MostGood, (int)Math.Ceiling(goodShare * finished));
        Reserve(most);

        _chosen.Clear();
        foreach (var trial in trials.ByValue[..trials.Finite])
        {
            if (_chosen.Count == most)
                break;
            if (Has(table, trial))
                Choose(table, trial);
        }

        var count = _chosen.Count;
        var total = 0.0;
        for (var rank = 0; rank < count; rank++)
            total += _weights[rank] = Math.Log((count + 1.0) / (rank + 1));
        for (var rank = 0; rank < count; rank++)
            _weights[rank] *= count / total;
        _good.Fit(_rows.AsSpan(0, count * columns.Length), _weights.AsSpan(0, count));
        if (count > 0)
            _rows.AsSpan(0, columns.Length).CopyTo(_best);
        return count;
    }

    private void FitBad(ParzenEstimator bad, TrialTable table, TrialRanking trials)
    {
        Reserve(Math.Min(MostBad, trials.ByAge.Length));
        var count = 0;
        for (var age = trials.ByAge.Length - 1; age >= 0 && count < MostBad; age--)
        {
            var trial = trials.ByAge[age];
            if (!_chosen.Contains(trial) && Has(table, trial))
                Copy(table, trial, count++);
        }

        _weights.AsSpan(0, count).Fill(1);
        bad.Fit(_rows.AsSpan(0, count * columns.Length), _weights.AsSpan(0, count));
    }

    private void Choose(TrialTable table, int trial)
    {
        Copy(table, trial, _chosen.Count);
        _chosen.Add(trial);
    }

    private void Copy(TrialTable table, int trial, int row)
    {
        for (var column = 0; column < columns.Length; column++)
            _rows[(row * columns.Length) + column] = table[trial, parameters[column]];
    }

    private bool Has(TrialTable table, int trial)
    {
        foreach (var parameter in parameters)
        {
            if (!table.Has(trial, parameter))
                return false;
        }

        return _branch?.Has(trial) ?? true;
    }

    private Span<double> Candidate(int candidate) => _candidates.AsSpan(candidate * columns.Length, columns.Length);

    private void Reserve(int trials)
    {
        if (_weights.Length < trials)
            (_weights, _rows) = (new double[2 * trials], new double[2 * trials * columns.Length]);
    }
}

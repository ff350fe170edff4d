namespace Experiments.Schedulers;

/// <summary>What is known of a rung.</summary>
internal enum RungVerdict
{
    /// <summary>Too few trials went through it to their end.</summary>
    Open,

    /// <summary>Its values order trials much as their final values do.</summary>
    Trusted,

    /// <summary>Its values say little about the final ones, or the contrary.</summary>
    Misleading,
}

/// <summary>
/// Judges by trials that ran to their end without having been selected which rungs foretell the final value. A rung is trusted where
/// Kendall's rank correlation of its values with the final ones is at least 0.4, and where promoting by it would have cost
/// little: the best final value among those that it would have promoted comes within a fifth of the way from the best of all to the
/// median one.
/// </summary>
/// <remarks>
/// The first condition finds curves that cross or are noise, the second those whose few winners start slowly while all others keep
/// their order. The limits were chosen by simulation (bench <c>schedulers</c>, seeds from 1000 on): a correlation of 0.3 trusts pure
/// noise too often, 0.6 leaves too many good rungs unused; a cost of 0 would distrust good rungs whose best two changed places.
/// Only the latest trials count, so that a judgement costs the same in a long sweep; and there it is renewed only when their number
/// has grown by a 64th, since a change of it gives every trial of the sweep its place anew.
/// </remarks>
internal sealed class RungTrust(int probes, int factor)
{
    private const double LeastCorrelation = 0.4;
    private const double MostLost = 0.2;
    private const int Latest = 64;

    private readonly List<(RungRecord Record, int From, int Reached, double Final)> _finished = [];
    private readonly Dictionary<int, RungVerdict> _verdicts = [];
    private int _taken;
    private int _nextJudgement;

    /// <summary>What is known of the rung at a step; without probes every rung is trusted.</summary>
    public RungVerdict this[int step] => probes == 0 ? RungVerdict.Trusted : _verdicts.GetValueOrDefault(step);

    /// <summary>A trial has come to its end. Says whether a rung is trusted now that was not, or the reverse.</summary>
    /// <param name="record">What it was measured on the way.</param>
    /// <param name="from">The first rung that it says something of: no rung from there on selected it.</param>
    /// <param name="reached">How many rungs it reached.</param>
    /// <param name="final">What it came to; infinite where it failed.</param>
    public bool Take(RungRecord record, int from, int reached, double final)
    {
        if (probes == 0 || from >= reached)
            return false;

        _finished.Add((record, from, reached, final));
        if (_finished.Count > Math.Max(Latest, probes))
            _finished.RemoveAt(0);
        if (++_taken < _nextJudgement)
            return false;

        _nextJudgement = _taken + Math.Max(1, _taken / Latest);
        var changed = false;
        foreach (var step in record.Rungs)
        {
            var verdict = Judge(step);
            changed |= (this[step] == RungVerdict.Trusted) != (verdict == RungVerdict.Trusted);
            _verdicts[step] = verdict;
        }

        return changed;
    }

    private RungVerdict Judge(int step)
    {
        var samples = new List<(double AtRung, double Final)>();
        foreach (var (record, from, reached, final) in _finished)
        {
            var rung = Array.IndexOf(record.Rungs, step);
            if (rung >= from && rung < reached)
                samples.Add((record[rung], final));
        }

        if (samples.Count < probes)
            return RungVerdict.Open;
        return Correlation(samples) >= LeastCorrelation && KeepsTheBest(samples) ? RungVerdict.Trusted : RungVerdict.Misleading;
    }

    /// <summary>Kendall's: concordant less discordant pairs, over the pairs whose final values differ.</summary>
    private static double Correlation(List<(double AtRung, double Final)> samples)
    {
        var (score, pairs) = (0, 0);
        for (var i = 0; i < samples.Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                var order = Math.Sign(samples[i].Final.CompareTo(samples[j].Final));
                score += order * Math.Sign(samples[i].AtRung.CompareTo(samples[j].AtRung));
                pairs += Math.Abs(order);
            }
        }

        return pairs == 0 ? 0 : (double)score / pairs;
    }

    private bool KeepsTheBest(List<(double AtRung, double Final)> samples)
    {
        double[] finals = [.. samples.Select(sample => sample.Final).Order()];
        var (best, median) = (finals[0], finals[finals.Length / 2]);
        var promoted = samples.OrderBy(sample => sample.AtRung).Take((samples.Count + factor - 1) / factor).Min(sample => sample.Final);
        return promoted == best || (double.IsFinite(promoted) && promoted - best <= MostLost * (median - best));
    }
}

namespace Adapters.Tasks.Metrics;

/// <summary>Sums of the loss a token, overall and by where in the sequence the token stands.</summary>
/// <param name="buckets">Parts of equal length that a sequence is divided into.</param>
/// <param name="length">Positions of a sequence.</param>
internal sealed class PositionedLoss(int buckets, int length)
{
    private readonly double[] _sums = new double[buckets];
    private readonly long[] _counts = new long[buckets];

    /// <summary>Adds the losses of one sequence.</summary>
    /// <param name="losses">Loss in nats of predicting each token after the first.</param>
    /// <param name="from">First position that counts: 1 for all, later where earlier tokens are only context.</param>
    public void Add(ReadOnlySpan<float> losses, int from = 1)
    {
        for (var position = from; position <= losses.Length; position++)
        {
            var bucket = Math.Min(position * buckets / length, buckets - 1);
            _sums[bucket] += losses[position - 1];
            _counts[bucket]++;
        }
    }

    /// <summary>Tokens counted.</summary>
    public long Tokens => _counts.Sum();

    /// <summary>Mean loss a token, in nats.</summary>
    public double Mean => _sums.Sum() / Tokens;

    /// <summary>exp of the mean loss.</summary>
    public double Perplexity => Math.Exp(Mean);

    /// <summary>Perplexity of the tokens in one part of the sequence.</summary>
    public double PerplexityOf(int bucket) => Math.Exp(_sums[bucket] / _counts[bucket]);
}

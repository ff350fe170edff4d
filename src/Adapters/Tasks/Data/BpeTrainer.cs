using System.Text;
using System.Text.RegularExpressions;

namespace Adapters.Tasks.Data;

/// <summary>
/// Learns a byte-level vocabulary: starting from the 256 bytes it merges the commonest neighbouring pair within words until
/// the vocabulary is full. Ties go to the pair of lower ids, so equal text gives an equal vocabulary.
/// </summary>
/// <remarks>Sennrich, Haddow and Birch 2016, arXiv:1508.07909, on bytes.</remarks>
internal sealed partial class BpeTrainer
{
    /// <summary>What a word is: letters with one character before them, single digits, runs of signs, blanks.</summary>
    /// <remarks>Single digits, so that a number is read digit by digit.</remarks>
    public const string Words =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);

    /// <summary>Counts the words of a text.</summary>
    public void Add(string text)
    {
        var lookup = _counts.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var match in SplitWords().EnumerateMatches(text))
        {
            var word = text.AsSpan(match.Index, match.Length);
            lookup.TryGetValue(word, out var count);
            lookup[word] = count + 1;
        }
    }

    /// <summary>The merges, best first, as pairs of token ids; merge i makes token 256 + i.</summary>
    /// <param name="merges">How many; fewer come back where the text has fewer pairs.</param>
    public IReadOnlyList<(int Left, int Right)> Train(int merges)
    {
        var words = _counts.OrderBy(word => word.Key, StringComparer.Ordinal)
            .Select(word => new Word([.. Encoding.UTF8.GetBytes(word.Key).Select(value => (int)value)], word.Value))
            .ToArray();
        var pairs = new PairCounts();
        for (var word = 0; word < words.Length; word++)
            pairs.AddAll(words[word], word);
        pairs.Enqueue();

        var learnt = new List<(int, int)>(merges);
        var tokens = Enumerable.Range(0, 256).Select(value => ((char)value).ToString()).ToList();
        var known = tokens.ToHashSet(StringComparer.Ordinal);
        while (learnt.Count < merges && pairs.TakeCommonest() is { } best)
        {
            var bytes = tokens[best.Pair.Left] + tokens[best.Pair.Right];
            if (!known.Add(bytes))
                continue; // the same bytes are a token by another way already, and a token has one id
            var token = tokens.Count;
            tokens.Add(bytes);
            learnt.Add(best.Pair);
            foreach (var word in best.Words)
                pairs.Merge(words[word], word, best.Pair, token);
            pairs.Enqueue();
        }
        return learnt;
    }

    [GeneratedRegex(Words)]
    private static partial Regex SplitWords();

    private sealed record Word(List<int> Tokens, int Count);

    /// <summary>How often each pair occurs, in which words, and a queue of candidates that is corrected lazily.</summary>
    private sealed class PairCounts
    {
        private readonly Dictionary<(int, int), (long Count, HashSet<int> Words)> _pairs = [];
        private readonly PriorityQueue<(int Left, int Right), (long NegativeCount, int Left, int Right)> _queue = new();
        private readonly HashSet<(int, int)> _risen = [];

        public void AddAll(Word word, int index)
        {
            for (var i = 0; i + 1 < word.Tokens.Count; i++)
                Change((word.Tokens[i], word.Tokens[i + 1]), word.Count, index);
        }

        /// <summary>Makes pairs that have become commoner candidates.</summary>
        public void Enqueue()
        {
            foreach (var pair in _risen)
                _queue.Enqueue(pair, (-_pairs[pair].Count, pair.Item1, pair.Item2));
            _risen.Clear();
        }

        public ((int Left, int Right) Pair, int[] Words)? TakeCommonest()
        {
            while (_queue.TryDequeue(out var pair, out var priority))
            {
                if (!_pairs.TryGetValue(pair, out var entry) || entry.Count <= 0)
                    continue;
                if (entry.Count != -priority.NegativeCount)
                {
                    if (entry.Count < -priority.NegativeCount) // it has fallen since: it waits for its turn again
                        _queue.Enqueue(pair, (-entry.Count, pair.Left, pair.Right));
                    continue;
                }
                _pairs.Remove(pair);
                return (pair, [.. entry.Words]);
            }
            return null;
        }

        public void Merge(Word word, int index, (int Left, int Right) pair, int token)
        {
            var tokens = word.Tokens;
            for (var i = 0; i + 1 < tokens.Count; i++)
            {
                if (tokens[i] != pair.Left || tokens[i + 1] != pair.Right)
                    continue;
                if (i > 0)
                {
                    Change((tokens[i - 1], pair.Left), -word.Count, index);
                    Change((tokens[i - 1], token), word.Count, index);
                }
                if (i + 2 < tokens.Count)
                {
                    Change((pair.Right, tokens[i + 2]), -word.Count, index);
                    Change((token, tokens[i + 2]), word.Count, index);
                }
                tokens[i] = token;
                tokens.RemoveAt(i + 1);
            }
        }

        private void Change((int, int) pair, int by, int word)
        {
            if (!_pairs.TryGetValue(pair, out var entry))
                entry = (0, []);
            if (by > 0)
            {
                entry.Words.Add(word);
                _risen.Add(pair);
            }
            _pairs[pair] = (entry.Count + by, entry.Words);
        }

    }
}

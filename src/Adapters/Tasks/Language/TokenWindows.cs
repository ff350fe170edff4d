using Adapters.Methods;
using Adapters.Tasks.Data;

namespace Adapters.Tasks.Language;

/// <summary>Sequences of one length, cut out of documents so that none crosses from one document into the next.</summary>
internal sealed class TokenWindows
{
    private readonly int[][] _documents;
    private readonly long[] _ends; // of each document, how many windows begin in it or in one before it

    /// <param name="documents">Tokens of each document; shorter ones than a window are left out.</param>
    /// <param name="length">Tokens in a window.</param>
    /// <exception cref="AdapterException">When no document is as long.</exception>
    public TokenWindows(IEnumerable<int[]> documents, int length)
    {
        Length = length;
        _documents = [.. documents.Where(document => document.Length >= length)];
        _ends = new long[_documents.Length];
        var sum = 0L;
        for (var i = 0; i < _documents.Length; i++)
            _ends[i] = sum += _documents[i].Length - length + 1;
        if (sum == 0)
            throw new AdapterException($"No document of the corpus has {length} tokens. Choose a shorter 'length'.");
    }

    /// <summary>Tokens in a window.</summary>
    public int Length { get; }

    /// <summary>A window anywhere, all places alike.</summary>
    public ReadOnlySpan<int> Draw(ref SplitMix64 random)
    {
        var place = (long)(random.NextDouble() * _ends[^1]);
        var document = Array.BinarySearch(_ends, place + 1);
        document = document < 0 ? ~document : document;
        var start = place - (document == 0 ? 0 : _ends[document - 1]);
        return _documents[document].AsSpan((int)start, Length);
    }

    /// <summary>Windows that do not overlap, spread evenly over the documents; all of them where there are fewer.</summary>
    public IReadOnlyList<int[]> Spread(int count)
    {
        var all = _documents.SelectMany(document => Enumerable.Range(0, document.Length / Length)
            .Select(number => document[(number * Length)..((number + 1) * Length)])).ToArray();
        return all.Length <= count ? all : [.. Enumerable.Range(0, count).Select(i => all[(long)i * all.Length / count])];
    }
}

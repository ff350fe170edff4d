using Adapters.Models;
using Adapters.Tasks.Data;
using static TorchSharp.torch;

namespace Adapters.Tasks.Language;

/// <summary>
/// Lines of documentation with the XML tag that they come from. A language model answers by what it expects behind the
/// line: the class whose number, as a digit, is the likeliest next token. So no head is added.
/// </summary>
internal sealed class TaggedLines : ILabelledItems
{
    private static readonly string[] Tags = ["summary", "param", "returns", "exception", "remarks"];
    private readonly TokenizedCorpus _corpus;
    private readonly int _length;
    private readonly long[] _answers;
    private readonly Dictionary<Split, int[][]> _lines; // of each split, by class

    public TaggedLines(TokenizedCorpus corpus, int length)
    {
        (_corpus, _length) = (corpus, length);
        var tokenizer = TextTokenizer.Load(corpus.Tokenizer);
        _answers = [.. Enumerable.Range(0, Tags.Length).Select(digit => (long)tokenizer.Encode($"{digit}")[^1])];
        string[] domains = [.. Domains.All.Where(domain => domain != "intrinsics")];
        _lines = Enum.GetValues<Split>().ToDictionary(split => split, split =>
        {
            var byTag = corpus.LinesOf(split, domains).ToLookup(line => DocumentationReader.Tags[corpus.Lines[line].Tag]);
            return Tags.Select(tag => Shuffled([.. byTag[tag]], split)).ToArray();
        });
    }

    public int Classes => Tags.Length;

    public int Count(Split split) => Classes * _lines[split].Min(lines => lines.Length);

    public IReadOnlyList<string> Fit(BaseModel model)
    {
        model.Causal("classify").InterpolatePositions(1);
        return [];
    }

    public Tensor Logits(BaseModel model, Split split, IReadOnlyList<int> items)
    {
        using var scope = NewDisposeScope();
        var lines = items.Select(item => _corpus.TokensOf(_lines[split][item % Classes][item / Classes])).ToArray();
        var longest = Math.Min(_length, lines.Max(line => line.Length));
        var tokens = new long[items.Count * longest]; // shorter lines are filled up behind their end
        var real = new long[tokens.Length];
        var ends = new long[items.Count];
        for (var i = 0; i < lines.Length; i++)
        {
            var count = Math.Min(lines[i].Length, longest);
            for (var j = 0; j < count; j++)
                (tokens[i * longest + j], real[i * longest + j]) = (lines[i][j], 1);
            ends[i] = i * longest + count - 1;
        }
        long[] shape = [items.Count, longest];
        var logits = model.Causal("classify").Logits(
            tensor(tokens, shape, device: model.Device), mask: tensor(real, shape, device: model.Device));
        return logits.flatten(0, 1).index_select(0, tensor(ends, device: model.Device))
            .index_select(1, tensor(_answers, device: model.Device)).MoveToOuterDisposeScope();
    }

    public void Dispose() => _corpus.Dispose();

    /// <summary>In an order that mixes files, so that the first few items are of many.</summary>
    private static int[] Shuffled(int[] lines, Split split)
    {
        var random = SplitMix64.Of(0x5441_4753, (ulong)split); // "TAGS"
        for (var i = lines.Length - 1; i > 0; i--)
        {
            var j = random.Below(i + 1);
            (lines[i], lines[j]) = (lines[j], lines[i]);
        }
        return lines;
    }
}

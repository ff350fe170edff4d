using Adapters.Models.Causal;
using Adapters.Tasks.Data;
using static TorchSharp.torch;

namespace Adapters.Tasks.Language;

/// <summary>
/// A number hidden in filler text, asked for at its end: does a model read what lies far back? Each digit is a token of its
/// own whatever the tokenizer joins, else the task would measure the tokenizer.
/// </summary>
/// <remarks>Mohtashami and Jaggi 2023, arXiv:2305.16300, as LongLoRA uses it.</remarks>
internal sealed class Passkey
{
    private const int Digits = 5;
    private readonly int _length;
    private readonly int[] _filler, _before, _between, _after, _question;
    private readonly int[] _digits;

    /// <param name="tokenizer">The base's tokenizer.</param>
    /// <param name="length">Tokens of a sequence, the answer included.</param>
    public Passkey(TextTokenizer tokenizer, int length)
    {
        _length = length;
        _filler = [.. tokenizer.Encode("The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again. ")];
        _before = [.. tokenizer.Encode("The pass key is ")];
        _between = [.. tokenizer.Encode(". Remember it. ")];
        _after = [.. tokenizer.Encode(" is the pass key. ")];
        _question = [.. tokenizer.Encode("What is the pass key? The pass key is ")];
        _digits = [.. Enumerable.Range(0, 10).Select(digit => tokenizer.Encode($"{digit}")[^1])]; // SentencePiece puts a blank before it
    }

    /// <summary>Whether a sequence has room for the key and the question.</summary>
    public bool Fits => FillerTokens >= 0;

    private int FillerTokens => _length - _before.Length - _between.Length - _after.Length - _question.Length - 3 * Digits;

    /// <summary>Makes a sequence.</summary>
    /// <param name="random">Draws the key.</param>
    /// <param name="depth">Where the key lies: 0 at the start, 1 before the question.</param>
    /// <returns>All tokens, the answer last.</returns>
    public int[] Make(ref SplitMix64 random, double depth)
    {
        var key = new int[Digits];
        for (var i = 0; i < Digits; i++)
            key[i] = _digits[random.Below(10)];
        var first = (int)Math.Round(depth * FillerTokens);
        int[] sentence = [.. _before, .. key, .. _between, .. key, .. _after];
        return [.. Filler(first), .. sentence, .. Filler(FillerTokens - first), .. _question, .. key];
    }

    /// <summary>The share of keys that greedy decoding finds whole, over evenly spread depths.</summary>
    /// <param name="model">The model in evaluation mode.</param>
    /// <param name="trials">How many keys.</param>
    /// <param name="random">Draws the keys.</param>
    /// <param name="cancel">Ends it early, by exception.</param>
    public double Accuracy(CausalModel model, int trials, SplitMix64 random, CancellationToken cancel)
    {
        var found = 0;
        for (var trial = 0; trial < trials; trial++)
        {
            cancel.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var sequence = Make(ref random, (trial + 0.5) / trials);
            var prompt = tensor(sequence[..^Digits], [1, _length - Digits], device: model.Device).to(int64);
            var answer = model.Generate(prompt, Digits).narrow(1, _length - Digits, Digits).cpu().data<long>().ToArray();
            found += answer.Select(token => (int)token).SequenceEqual(sequence[^Digits..]) ? 1 : 0;
        }
        return (double)found / trials;
    }

    private int[] Filler(int count) => [.. Enumerable.Range(0, count).Select(i => _filler[i % _filler.Length])];
}

using Adapters.Tasks.Data;
using Adapters.Tasks.Language;
using Xunit;

namespace Adapters.Tests.Tasks.Language;

public sealed class PasskeyTests(SmokeCorpus corpus)
{
    private readonly TextTokenizer _tokenizer = TextTokenizer.Load(Path.Combine(corpus.Corpus, "tokenizer.json"));

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.5)]
    [InlineData(1.0)]
    public void Hides_the_number_at_its_depth_asks_for_it_and_ends_with_it(double depth)
    {
        var random = new SplitMix64(9);

        var sequence = new Passkey(_tokenizer, length: 200).Make(ref random, depth);
        var text = _tokenizer.Decode(sequence);

        Assert.Equal(200, sequence.Length);
        var key = text[^5..];
        Assert.All(key, digit => Assert.True(char.IsAsciiDigit(digit)));
        Assert.EndsWith($"What is the pass key? The pass key is {key}", text);
        var sentence = $"The pass key is {key}. Remember it. {key} is the pass key. ";
        var place = text.IndexOf(sentence, StringComparison.Ordinal);
        var room = text.IndexOf("What is", StringComparison.Ordinal) - sentence.Length;
        Assert.InRange(place, depth * room - 15, depth * room + 15);
    }

    [Fact]
    public void Keys_differ_from_trial_to_trial()
    {
        var random = new SplitMix64(9);
        var passkey = new Passkey(_tokenizer, length: 200);

        var keys = Enumerable.Range(0, 20).Select(_ => string.Join(' ', passkey.Make(ref random, 0)[^5..])).ToArray();

        Assert.Equal(20, keys.Distinct().Count());
    }

    [Fact]
    public void Needs_room()
    {
        Assert.False(new Passkey(_tokenizer, length: 40).Fits);
        Assert.True(new Passkey(_tokenizer, length: 128).Fits);
    }
}

using Adapters.Tasks.Data;
using Xunit;

namespace Adapters.Tests.Tasks.Data;

public sealed class BpeTrainerTests
{
    private static readonly string[] Texts =
    [
        "Gets the number of elements in the collection.\n", "Gets or sets the element at the given index 1234.\n",
        "Removes the element at the given index.\n", "Returns true if the collection contains the element; otherwise, false.\n",
    ];

    [Fact]
    public void Merges_the_commonest_pair_first_and_ties_by_lower_ids()
    {
        var trainer = new BpeTrainer();
        trainer.Add("abab"); // a b: 2, b a: 1
        trainer.Add("cdcd"); // c d: 2, d c: 1

        var merges = trainer.Train(3);

        Assert.Equal([('a', 'b'), ('c', 'd'), (256, 256)], merges);
    }

    [Fact]
    public void Counts_overlapping_repeats_as_they_are_merged()
    {
        var trainer = new BpeTrainer();
        trainer.Add("aaaaa");

        var merges = trainer.Train(10);

        Assert.Equal([('a', 'a'), (256, 'a'), (256, 257)], merges); // aaaaa -> X X a -> X Y -> Z
    }

    [Fact]
    public void Gives_no_two_tokens_the_same_bytes()
    {
        var trainer = new BpeTrainer();
        foreach (var text in Texts)
            trainer.Add(text);

        var spelling = Enumerable.Range(0, 256).Select(value => ((char)value).ToString()).ToList();
        foreach (var (left, right) in trainer.Train(10_000))
            spelling.Add(spelling[left] + spelling[right]);

        Assert.True(spelling.Count > 300);
        Assert.Equal(spelling.Count, spelling.Distinct().Count());
    }

    [Fact]
    public void Learns_the_same_vocabulary_from_the_same_text()
    {
        Assert.Equal(Written(Texts), Written(Texts));
        Assert.NotEqual(Written(Texts), Written(Texts[..2]));
    }

    [Theory]
    [InlineData("Gets the number of elements in the collection.")]
    [InlineData("déjà vu, 東京 😀\t<T> => x?.Y ?? 42;\n\n  indented  twice ")]
    public void Writes_a_tokenizer_that_gives_every_text_back(string text)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("tokenizer.json"), Written(Texts));
        var tokenizer = TextTokenizer.Load(folder.File("tokenizer.json"));

        var ids = tokenizer.Encode(text);

        Assert.Equal(text, tokenizer.Decode(ids));
        Assert.All(ids, id => Assert.InRange(id, 0, tokenizer.VocabularySize - 1));
    }

    [Fact]
    public void Spells_every_digit_by_itself_and_keeps_the_end_of_text_whole()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("tokenizer.json"), Written(Texts));
        var tokenizer = TextTokenizer.Load(folder.File("tokenizer.json"));

        Assert.Equal(['1', '2', '3', '4', '1', '2'], tokenizer.Encode("123412"));
        Assert.Equal(['a', tokenizer.VocabularySize - 1, 'b'], tokenizer.Encode("a<|endoftext|>b"));
    }

    private static string Written(string[] texts)
    {
        var trainer = new BpeTrainer();
        foreach (var text in texts)
            trainer.Add(text);
        using var folder = new TemporaryFolder();
        TokenizerWriter.Write(folder.File("tokenizer.json"), trainer.Train(60));
        return File.ReadAllText(folder.File("tokenizer.json"));
    }
}

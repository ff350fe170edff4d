using System.Text.Json;
using System.Text.Json.Nodes;
using Adapters.Methods;
using Adapters.Tasks.Data;
using Xunit;

namespace Adapters.Tests.Tasks.Data;

public sealed class TextTokenizerTests
{
    private static readonly string[] Files = ["bytelevel-gpt2/tokenizer.json", "bytelevel-llama3/tokenizer.json",
        "sp-bpe-llama/tokenizer.model"];

    public static TheoryData<string, int> Cases => new(
        from file in Files
        from number in Enumerable.Range(0, Golden(file).Count)
        select (file, number));

    [Theory, MemberData(nameof(Cases))]
    public void Encodes_and_decodes_as_the_reference_does(string file, int number)
    {
        var tokenizer = TextTokenizer.Load(GoldenFiles.Of("tokenizers", file));
        var expected = Golden(file)[number]!;

        var text = (string)expected["text"]!;
        var ids = tokenizer.Encode(text);

        Assert.Equal(Ids(expected["ids"]!), ids);
        if (expected["ids_with_special"] is { } withSpecial)
            Assert.Equal(Ids(withSpecial), tokenizer.Encode(text, template: true));
        Assert.Equal((string)expected["decoded"]!, tokenizer.Decode(ids));
    }

    [Fact]
    public void Refuses_a_kind_that_it_does_not_support_by_name()
    {
        var file = GoldenFiles.Of("tokenizers", "wordpiece-bert", "tokenizer.json");

        var fault = Assert.Throws<AdapterException>(() => TextTokenizer.Load(file));

        Assert.Contains("model type 'WordPiece' is not supported", fault.Message);
    }

    [Theory]
    [InlineData("normalizer", """{"type":"Lowercase"}""", "the normalizer 'Lowercase' is not supported")]
    [InlineData("normalizer", """{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Prepend"}]}""", "the normalizer 'Prepend'")]
    [InlineData("pre_tokenizer", """{"type":"Metaspace"}""", "the pre-tokenizer 'Metaspace' is not supported")]
    [InlineData("pre_tokenizer", "null", "the pre-tokenizer 'null' is not supported")]
    [InlineData("pre_tokenizer", """{"type":"ByteLevel","add_prefix_space":true}""", "'add_prefix_space' is not supported")]
    [InlineData("post_processor", """{"type":"BertProcessing"}""", "the post-processor 'BertProcessing' is not supported")]
    [InlineData("model", """{"type":"BPE","byte_fallback":true}""", "'byte_fallback' is not supported")]
    [InlineData("model", """{"type":"BPE","vocab":{"a":0}}""", "it has no 'merges' where one is needed")]
    [InlineData("added_tokens", """[{"content":"<s>"}]""", "it has no 'id' where one is needed")]
    public void Refuses_a_part_that_it_would_have_to_ignore(string member, string content, string message)
    {
        using var folder = new TemporaryFolder();
        var file = JsonNode.Parse(File.ReadAllText(GoldenFiles.Of("tokenizers", "bytelevel-gpt2", "tokenizer.json")))!;
        file[member] = JsonNode.Parse(content);
        File.WriteAllText(folder.File("tokenizer.json"), file.ToJsonString());

        var fault = Assert.Throws<AdapterException>(() => TextTokenizer.Load(folder.File("tokenizer.json")));

        Assert.Contains(message, fault.Message);
        Assert.StartsWith(folder.File("tokenizer.json"), fault.Message);
    }

    [Fact]
    public void Refuses_text_that_would_have_to_be_composed_first_and_takes_all_other()
    {
        using var folder = new TemporaryFolder();
        var file = JsonNode.Parse(File.ReadAllText(GoldenFiles.Of("tokenizers", "bytelevel-gpt2", "tokenizer.json")))!;
        file["normalizer"] = new JsonObject { ["type"] = "NFC" };
        File.WriteAllText(folder.File("tokenizer.json"), file.ToJsonString());
        var tokenizer = TextTokenizer.Load(folder.File("tokenizer.json"));

        var fault = Assert.Throws<AdapterException>(() => tokenizer.Encode("cafe\u0301"));

        Assert.Contains("composed form (NFC)", fault.Message);
        Assert.Equal([99, 97, 102, 195, 169], tokenizer.Encode("caf\u00e9"));
        Assert.Equal("x ≤ π …", tokenizer.Decode(tokenizer.Encode("x ≤ π …")));
    }

    [Fact]
    public void Refuses_a_sentencepiece_model_of_the_unigram_kind()
    {
        var file = GoldenFiles.Of("tokenizers", "sp-unigram-t5", "tokenizer.model");

        var fault = Assert.Throws<AdapterException>(() => TextTokenizer.Load(file));

        Assert.StartsWith($"{file}: ", fault.Message);
    }

    private static JsonArray Golden(string file) =>
        JsonNode.Parse(File.ReadAllText(GoldenFiles.Of("tokenizers", Path.GetDirectoryName(file)!, "golden.json")))!["cases"]!.AsArray();

    private static int[] Ids(JsonNode ids) => ids.Deserialize<int[]>()!;
}

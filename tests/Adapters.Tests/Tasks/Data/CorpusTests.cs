using Adapters.Methods;
using Adapters.Tasks;
using Adapters.Tasks.Data;
using Xunit;

namespace Adapters.Tests.Tasks.Data;

public sealed class CorpusTests
{
    private static readonly CorpusRecipe Small = new() { FilesPerDomain = 1, LinesPerFile = 120, VocabularySize = 400 };

    [Fact]
    public void Finds_the_documentation_of_the_running_sdk_sorted_and_each_name_once()
    {
        var names = SdkDocumentation.In(SdkDocumentation.PacksFolder()).Select(file => file.Name).ToArray();

        Assert.Contains("System.Linq", names);
        Assert.Contains("Microsoft.AspNetCore.Routing", names);
        Assert.Equal(names.Order(StringComparer.Ordinal).Distinct(), names);
    }

    [Fact]
    public void Says_what_to_install_where_a_folder_has_no_documentation()
    {
        using var folder = new TemporaryFolder();

        var fault = Assert.Throws<AdapterException>(() => SdkDocumentation.In(folder.Path));

        Assert.Contains("Install the .NET SDK", fault.Message);
    }

    [Fact]
    public void Takes_the_newest_version_of_a_pack()
    {
        using var folder = new TemporaryFolder();
        foreach (var version in new[] { "9.0.10", "10.0.2", "10.0.12-preview.1" })
        {
            Directory.CreateDirectory(folder.File($"Some.App.Ref/{version}/ref"));
            File.WriteAllText(folder.File($"Some.App.Ref/{version}/ref/Some.xml"), "<doc/>");
        }

        Assert.Equal(["Some.App.Ref/10.0.12-preview.1/ref/Some.xml"], SdkDocumentation.In(folder.Path).Select(file => file.RelativePath));
    }

    [Theory]
    [InlineData("System.Runtime.Intrinsics", "intrinsics")]
    [InlineData("System.Net.Http.Json", "web")]
    [InlineData("System.Net.Sockets", "networking")]
    [InlineData("System.Linq.Expressions", "data")]
    [InlineData("System.Runtime", "core")]
    public void Puts_an_assembly_under_the_subject_of_its_name(string assembly, string domain) =>
        Assert.Equal(domain, Domains.Of(assembly));

    [Fact]
    public void Writes_the_same_bytes_from_the_same_files()
    {
        using var first = new TemporaryFolder();
        using var second = new TemporaryFolder();
        Write(first.Path);
        Write(second.Path);

        var files = Directory.GetFiles(first.Path).Select(Path.GetFileName).Order().ToArray();

        Assert.Equal(6, files.Length);
        Assert.All(files, file => Assert.Equal(File.ReadAllBytes(first.File(file!)), File.ReadAllBytes(second.File(file!))));
    }

    [Fact]
    public void Keeps_each_line_once_in_one_split_with_the_tokens_of_its_text()
    {
        using var folder = new TemporaryFolder();
        Write(folder.Path);
        using var corpus = new TokenizedCorpus(folder.Path, folder.Path);
        var texts = File.ReadAllLines(folder.File("text.txt"));
        var tokenizer = TextTokenizer.Load(corpus.Tokenizer);

        Assert.Equal(texts.Length, corpus.Lines.Count);
        Assert.Equal(texts.Distinct(), texts);
        Assert.All(Enumerable.Range(0, texts.Length).Where(line => line % 50 == 0),
            line => Assert.Equal(texts[line] + "\n", tokenizer.Decode(corpus.TokensOf(line))));

        var bySplit = Enum.GetValues<Split>().Select(split => corpus.LinesOf(split, Domains.All).ToArray()).ToArray();
        Assert.Equal(texts.Length, bySplit.Sum(lines => lines.Length));
        Assert.Equal(texts.Length, bySplit.SelectMany(lines => lines).Distinct().Count());
        Assert.InRange(bySplit[0].Length / (double)texts.Length, 0.86, 0.94);
        Assert.InRange(bySplit[2].Length / (double)texts.Length, 0.03, 0.07);
    }

    [Fact]
    public void Stops_in_the_middle_when_told()
    {
        using var folder = new TemporaryFolder();
        using var stop = new CancellationTokenSource();

        Assert.Throws<OperationCanceledException>(() => CorpusWriter.Write(folder.Path, SdkDocumentation.In(SdkDocumentation.PacksFolder()),
            Small, (_, _) => stop.Cancel(), stop.Token));
    }

    private static void Write(string folder) => CorpusWriter.Write(folder,
        SdkDocumentation.In(SdkDocumentation.PacksFolder()), Small, (_, _) => { }, TestContext.Current.CancellationToken);
}

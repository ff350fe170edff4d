using System.Runtime.CompilerServices;
using Experiments.SweepFiles;
using Experiments.Sweeps;
using Experiments.Tests.Sweeps;
using Xunit;

namespace Experiments.Tests.SweepFiles;

/// <summary>What a user reads for each mistake: <c>BadFiles/NAME.yaml</c> and, beside it, the message that it gets.</summary>
public sealed class BadFilesTests
{
    private static string Folder { get; } = Path.Combine(SourceFolder(), "BadFiles");

    public static TheoryData<string> Names =>
        new(Directory.EnumerateFiles(Folder, "*.yaml").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal)!);

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_bad_file_gets_its_message(string name)
    {
        var text = File.ReadAllText(Path.Combine(Folder, name + ".yaml"));

        var refusal = Assert.Throws<SpecException>(
            () => SweepFile.Parse(text, name + ".yaml", new CatalogueDouble(), environment: _ => null));

        Snapshot.Matches(string.Join("\n", refusal.Problems.Select(problem => problem.ToText())) + "\n", name + ".expected", "BadFiles");
    }

    [Fact]
    public void No_message_lies_beside_a_file_that_is_gone()
    {
        var expected = Directory.EnumerateFiles(Folder, "*.expected.txt").Select(path => Path.GetFileName(path)[..^".expected.txt".Length]);

        Assert.Empty(expected.Except(Names.Select(row => row.Data)));
    }

    [Fact]
    public void Twenty_mistakes_in_one_file_get_twenty_messages_in_order_of_place()
    {
        var text = File.ReadAllText(Path.Combine(Folder, "twenty.yaml"));

        var refusal = Assert.Throws<SpecException>(() => SweepFile.Parse(text, "twenty.yaml", new CatalogueDouble()));

        Assert.Equal(20, refusal.Problems.Count);
        Assert.Equal(20, refusal.Problems.Select(problem => (problem.Line, problem.Column)).Distinct().Count());
        Assert.Equal(refusal.Problems.OrderBy(problem => (problem.Line, problem.Column)), refusal.Problems);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_message_is_one_sentence_that_ends(string name)
    {
        var text = File.ReadAllText(Path.Combine(Folder, name + ".yaml"));

        var refusal = Assert.Throws<SpecException>(
            () => SweepFile.Parse(text, name + ".yaml", new CatalogueDouble(), environment: _ => null));

        Assert.All(refusal.Problems, problem =>
        {
            Assert.DoesNotContain('\n', problem.ToString());
            Assert.True(problem.Message[^1] is '.' or '?', problem.Message);
            Assert.StartsWith($"{name}.yaml({problem.Line},{problem.Column}): ", problem.ToString(), StringComparison.Ordinal);
        });
    }

    private static string SourceFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}

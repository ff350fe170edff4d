using System.Reflection;
using System.Text.RegularExpressions;
using Xunit;

namespace Architecture.Tests;

/// <summary>What a reader may rely on wherever he opens the tree.</summary>
public sealed partial class HouseRulesTests
{
    [Fact]
    public void No_source_file_is_longer_than_400_lines()
    {
        var files = Repository.SourceFiles("src").Concat(Repository.SourceFiles("tests"));

        Assert.Empty(files.Where(path => File.ReadLines(path).Count() > 400).Select(Relative));
    }

    [Fact]
    public void No_line_is_longer_than_140_characters()
    {
        var files = Repository.SourceFiles("src").Concat(Repository.SourceFiles("tests"));

        Assert.Empty(files.SelectMany(path => File.ReadLines(path)
            .Select((line, index) => (line, place: $"{Relative(path)}({index + 1})"))
            .Where(item => item.line.Length > 140)
            .Select(item => item.place)));
    }

    [Fact]
    public void No_type_hides_behind_a_name_that_says_nothing()
    {
        var names = Repository.SourceFiles("src").Select(path => Path.GetFileNameWithoutExtension(path)!);

        Assert.DoesNotContain(names, name => EmptyName().IsMatch(name));
    }

    [Fact]
    public void Messages_between_actors_are_sealed_records()
    {
        var messages = Assembly.Load("GpuActors").GetTypes()
            .Where(type => type.Namespace == "GpuActors.Protocol" && type is { IsNested: true, IsClass: true, IsNestedPublic: true });

        Assert.Empty(messages.Where(type => !type.IsSealed || type.GetMethod("<Clone>$") is null).Select(type => type.FullName));
    }

    [Fact]
    public void The_command_line_program_offers_no_public_types()
    {
        var types = Assembly.Load("orchestrator").GetExportedTypes();

        Assert.Empty(types.Select(type => type.FullName));
    }

    private static string Relative(string path) => Path.GetRelativePath(Repository.Root, path);

    [GeneratedRegex("(Manager|Helpers?|Utils?|Utilities|Info)$")]
    private static partial Regex EmptyName();
}

using Adapters.Methods;
using Adapters.Tasks.Data;
using Xunit;

namespace Adapters.Tests.Tasks.Data;

public sealed class DocumentationReaderTests
{
    [Fact]
    public void Reads_a_line_an_element_with_references_by_their_last_two_names()
    {
        var lines = Read("""
            <doc><assembly><name>System.Linq</name></assembly><members>
              <member name="M:System.Linq.Enumerable.Aggregate``1">
                <summary>Applies   an accumulator
                  over <see cref="T:System.Collections.Generic.IEnumerable`1" />, not <see langword="null" />.</summary>
                <param name="source">An <see cref="M:System.Linq.Enumerable.Range(System.Int32,System.Int32)" /> to aggregate over.</param>
                <typeparam name="T">Elements of a kind that nobody asks for.</typeparam>
                <exception cref="T:System.ArgumentNullException">
                  <paramref name="source" /> or <paramref name="func" /> is missing.</exception>
                <returns>Too short.</returns>
              </member>
            </members></doc>
            """);

        Assert.Equal(
        [
            ("summary", "Applies an accumulator over Generic.IEnumerable, not null."),
            ("param", "An Enumerable.Range to aggregate over."),
            ("exception", "source or func is missing."),
        ], lines);
    }

    [Fact]
    public void Keeps_the_text_of_tags_that_have_their_own_and_parts_paragraphs()
    {
        var lines = Read("""
            <doc><remarks><para>The first paragraph.</para><para>See <see href="https://x">the page</see>.</para></remarks></doc>
            """);

        Assert.Equal([("remarks", "The first paragraph. See the page.")], lines);
    }

    [Fact]
    public void Names_file_line_and_column_of_a_broken_document()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("Broken.xml"), "<doc>\n  <summary>Never closed");

        var fault = Assert.Throws<AdapterException>(() => DocumentationReader.Read(folder.File("Broken.xml")).ToList());

        Assert.StartsWith($"{folder.File("Broken.xml")}(2,", fault.Message);
    }

    private static List<(string Tag, string Text)> Read(string document)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("Some.xml"), document);
        return [.. DocumentationReader.Read(folder.File("Some.xml")).Select(line => (DocumentationReader.Tags[line.Tag], line.Text))];
    }
}

using Adapters.Tasks;
using Adapters.Tasks.Language;
using Xunit;

namespace Adapters.Tests.Tasks.Language;

public sealed class SubjectMixtureTests
{
    [Fact]
    public void Documents_interleave_two_or_three_subjects_and_use_no_line_twice()
    {
        var subjects = Enumerable.Range(0, 4)
            .Select(subject => Enumerable.Range(0, 200).Select(line => new[] { subject * 1000 + line }).ToArray());

        var documents = SubjectMixture.Documents(subjects, Split.Test).ToArray();

        Assert.True(documents.Length > 10);
        Assert.All(documents, document => Assert.InRange(document.Select(token => token / 1000).Distinct().Count(), 2, 3));
        Assert.All(documents, document => Assert.True(Turns(document) > 4));
        var tokens = documents.SelectMany(document => document).ToArray();
        Assert.Equal(tokens.Length, tokens.Distinct().Count());

        static int Turns(int[] document) => document.Zip(document.Skip(1)).Count(pair => pair.First / 1000 != pair.Second / 1000);
    }
}

using Adapters.Verification;
using Xunit;

namespace Adapters.Tests.Verification;

public sealed class GoldenVerifierTests
{
    public static TheoryData<string> ModelCases => [.. Directory
        .EnumerateFiles(GoldenFiles.Of("models"), "case.json", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(GoldenFiles.Of("models"), Path.GetDirectoryName(path)!)).Order()];

    [Theory]
    [MemberData(nameof(ModelCases))]
    public void A_model_computes_what_the_reference_computed(string name)
    {
        var result = Assert.Single(GoldenVerifier.Verify(GoldenFiles.Of("models", name)));

        Assert.True(result.Outcome is CaseOutcome.Passed, $"{result.Outcome}: {result.Reason}");
    }
}

using Adapters.Verification;
using Xunit;

namespace Adapters.Tests.Verification;

public sealed class MethodKindTests
{
    public static TheoryData<string> MethodCases => [.. Directory
        .EnumerateFiles(GoldenFiles.Of("methods"), "case.json", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(GoldenFiles.Of(), Path.GetDirectoryName(path)!)).Order()];

    [Theory]
    [MemberData(nameof(MethodCases))]
    public void A_method_computes_what_the_reference_computed(string name)
    {
        var result = Assert.Single(GoldenVerifier.Verify(GoldenFiles.Of(name)));

        Assert.True(result.Outcome is CaseOutcome.Passed, $"{result.Outcome}: {result.Reason}");
    }

    /// <summary>These state a tolerance of ten times their own rounding for gradients, which may use all of it.</summary>
    [Theory]
    [InlineData("lora", "conv2d-3x3")]
    [InlineData("conv-lora")]
    [InlineData("longlora")]
    [InlineData("mole")]
    [InlineData("s2-attention")]
    public void A_method_computes_what_the_reference_computed_within_its_rounding(string method, params string[] unsupported)
    {
        var results = GoldenVerifier.Verify(GoldenFiles.Of("core", method)).ToList();

        Assert.NotEmpty(results);
        Assert.Equal("", string.Join('\n', results.Where(result => result.Outcome == CaseOutcome.Failed)
            .Select(result => $"{result.Case}: {result.Reason}")));
        Assert.Equal(unsupported.Order(), results.Where(result => result.Outcome == CaseOutcome.Unsupported)
            .Select(result => Path.GetFileName(result.Case)).Order());
    }
}

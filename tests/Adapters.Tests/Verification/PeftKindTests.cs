using Adapters.Verification;
using Xunit;

namespace Adapters.Tests.Verification;

public sealed class PeftKindTests
{
    public static TheoryData<string> Cases => [.. Directory
        .EnumerateFiles(GoldenFiles.Of("peft"), "case.json", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(GoldenFiles.Of("peft"), Path.GetDirectoryName(path)!)).Order()];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_layer_computes_and_learns_what_pefts_does(string name)
    {
        var result = Assert.Single(GoldenVerifier.Verify(GoldenFiles.Of("peft", name)));

        Assert.True(result.Outcome is CaseOutcome.Passed, $"{result.Outcome}: {result.Reason}");
        Assert.InRange(result.WorstOutput!.Share, 0, 0.8); // psoft/b comes to 0.76, by its reference's decomposition in float32
    }
}

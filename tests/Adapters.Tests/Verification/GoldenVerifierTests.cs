using System.Text.Json.Nodes;
using Adapters.Methods;
using Adapters.Verification;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Verification;

public sealed class GoldenVerifierTests : TorchTest
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
        Assert.InRange(result.WorstOutput!.Share, 0, 0.5); // far from the edge, so that other processors agree too
    }

    [Fact]
    public void A_folder_of_cases_is_walked_in_the_order_of_its_paths()
    {
        var results = GoldenVerifier.Verify(GoldenFiles.Of("models")).Select(result => result.Case).ToArray();

        Assert.Equal(ModelCases.Count, results.Length);
        Assert.Equal(results.Order(StringComparer.Ordinal), results);
        Assert.Contains(Path.Combine("llama", "mha"), results);
    }

    [Fact]
    public void An_output_that_is_off_fails_the_case_by_name()
    {
        Folder.CopyCase("models/vit/base");
        Folder.ChangeTensors("io.safetensors", io => io["logits"][0, 0] += 1);

        var result = Assert.Single(Verify());

        Assert.Equal(CaseOutcome.Failed, result.Outcome);
        Assert.StartsWith("'logits' is off by ", result.Reason);
        Assert.Equal("logits", result.WorstOutput!.Tensor);
    }

    [Fact]
    public void A_value_that_is_not_a_number_never_agrees()
    {
        Folder.CopyCase("models/vit/base");
        Folder.ChangeTensors("io.safetensors", io => io["hidden.1"][0, 0, 0] = double.NaN);

        var result = Assert.Single(Verify());

        Assert.Equal(new Deviation("hidden.1", double.PositiveInfinity), result.WorstOutput);
        Assert.Contains("not a number", result.Reason);
    }

    [Fact]
    public void A_gradient_may_use_a_tenth_of_the_tolerance()
    {
        Folder.CopyCase("models/vit/base");
        Folder.ChangeTensors("grads.safetensors", gradients => gradients["classifier.bias"][0] += 4e-6); // the tolerance is above 1e-5

        Assert.Equal(CaseOutcome.Passed, Assert.Single(Verify(gradientShare: 1)).Outcome);
        var strict = Assert.Single(Verify());

        Assert.Equal(CaseOutcome.Failed, strict.Outcome);
        Assert.StartsWith("the gradient 'classifier.bias' is off by 0.", strict.Reason);
    }

    [Fact]
    public void Dropout_in_a_config_does_not_disturb_a_case()
    {
        Folder.CopyCase("models/vit/base");
        var config = JsonNode.Parse(File.ReadAllText(Folder.File("config.json")))!;
        (config["hidden_dropout_prob"], config["attention_probs_dropout_prob"]) = (0.5, 0.5);
        File.WriteAllText(Folder.File("config.json"), config.ToJsonString());

        Assert.Equal(CaseOutcome.Passed, Assert.Single(Verify()).Outcome);
    }

    [Fact]
    public void A_gradient_of_a_parameter_that_the_model_lacks_fails_the_case()
    {
        Folder.CopyCase("models/vit/base");
        Folder.ChangeTensors("grads.safetensors", gradients => gradients["vit.pooler.weight"] = zeros(1));

        Assert.Equal(new Deviation("vit.pooler.weight", double.PositiveInfinity), Assert.Single(Verify()).WorstGradient);
    }

    [Fact]
    public void A_tensor_that_nothing_compares_fails_the_case()
    {
        Folder.CopyCase("models/vit/base");
        Folder.ChangeTensors("io.safetensors", io => io["attentions.0"] = zeros(1));

        Assert.Contains("not compared, because this kind of case does not know them: 'attentions.0' of io.safetensors",
            Assert.Single(Verify()).Reason);
    }

    [Theory]
    [InlineData("t5")]
    [InlineData("unet")]
    public void A_family_that_we_lack_is_unsupported(string family)
    {
        Folder.CopyCase("models/vit/base");
        Folder.ChangeDescription(description => description["family"] = family);

        var result = Assert.Single(Verify());

        Assert.Equal(CaseOutcome.Unsupported, result.Outcome);
        Assert.Equal($"there is no check for cases of kind 'models/{family}'.", result.Reason);
    }

    [Theory]
    [InlineData("{", "is not valid JSON")]
    [InlineData("[]", "is not a JSON object")]
    [InlineData("""{"family":"vit","family":"sam"}""", "is not valid JSON")]
    public void A_malformed_description_fails_with_a_sentence(string content, string fault)
    {
        File.WriteAllText(Folder.File("case.json"), content);

        var result = Assert.Single(Verify());

        Assert.Equal(CaseOutcome.Failed, result.Outcome);
        Assert.Contains(fault, result.Reason);
    }

    [Theory]
    [InlineData("tolerance", "The description has no number 'tolerance.abs'.")]
    [InlineData("loss", "The description has no number 'loss'.")]
    public void A_description_that_lacks_a_field_fails(string field, string fault)
    {
        Folder.CopyCase("models/vit/base");
        Folder.ChangeDescription(description => description.Remove(field));

        Assert.Equal(fault, Assert.Single(Verify()).Reason);
    }

    [Theory]
    [InlineData("io.safetensors", "cannot be read")]
    [InlineData("model.safetensors", "holds no model")]
    [InlineData("config.json", "config.json cannot be read")]
    public void A_case_without_one_of_its_files_fails_with_a_sentence(string file, string fault)
    {
        Folder.CopyCase("models/vit/base");
        File.Delete(Folder.File(file));

        var result = Assert.Single(Verify());

        Assert.Equal(CaseOutcome.Failed, result.Outcome);
        Assert.Contains(fault, result.Reason);
    }

    [Fact]
    public void A_manifest_lists_cases_with_a_tolerance_for_each_group()
    {
        File.WriteAllText(Folder.File("manifest.json"), """
            {"method":"nothing-we-have","cases":[
            {"name":"first","tolerance":{"out":{"abs":1},"grad":{"abs":2,"rel":3}}}, {"name":"second"}]}
            """);

        var golden = GoldenFolder.Cases(Folder.File("manifest.json"), CPU).First().Case;

        Assert.Equal(["first", "second"], Verify().Select(result => Path.GetFileName(result.Case)));
        Assert.All(Verify(), result => Assert.Equal(CaseOutcome.Unsupported, result.Outcome));
        Assert.Equal(new Tolerance(1, 0), golden.ToleranceOf("out.y"));
        Assert.Equal(new Tolerance(2, 3), golden.ToleranceOf("grad.x"));
    }

    [Fact]
    public void A_folder_that_is_not_there_is_refused()
    {
        var refusal = Assert.Throws<AdapterException>(() => GoldenVerifier.Verify(Folder.File("none")).ToList());

        Assert.StartsWith("There is no folder", refusal.Message);
    }

    private IReadOnlyList<CaseResult> Verify(double gradientShare = GoldenVerifier.DefaultGradientShare) =>
        [.. GoldenVerifier.Verify(Folder.Path, gradientShare)];
}

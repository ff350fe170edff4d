using System.Text.Json;
using Adapters.Verification;
using Orchestrator.Commands;
using Orchestrator.Terminal;
using Xunit;

namespace Orchestrator.Tests.Commands;

public sealed class VerifyCommandTests : IDisposable
{
    private readonly ProgramRun _program = new();

    public void Dispose() => _program.Dispose();

    [Fact]
    public async Task A_case_that_is_not_a_pass_makes_the_exit_code()
    {
        WriteUnsupportedCase();

        var exitCode = await _program.Run("verify", _program.Folder);

        Assert.Equal(ExitCode.NotAllGood, exitCode);
        Assert.StartsWith("unsupported  methods/telepathy/one  ", _program.Output, StringComparison.Ordinal);
        Assert.EndsWith("1 case: 0 pass, 0 fail, 1 unsupported.\n", _program.Output, StringComparison.Ordinal);
        Assert.Empty(_program.Error);
    }

    [Fact]
    public async Task With_json_it_is_one_document()
    {
        WriteUnsupportedCase();

        await _program.Run("verify", _program.Folder, "--json");

        using var document = JsonDocument.Parse(_program.Output);
        var found = document.RootElement.GetProperty("cases")[0];
        Assert.Equal("orchestrator/verify/1", document.RootElement.GetProperty("schema").GetString());
        Assert.Equal("unsupported", found.GetProperty("outcome").GetString());
        Assert.Equal("methods/telepathy/one", found.GetProperty("case").GetString());
    }

    [Fact]
    public async Task A_folder_without_cases_proves_nothing()
    {
        Assert.Equal(ExitCode.NoSuchThing, await _program.Run("verify", _program.Folder));
        Assert.Equal($"There is no case beneath '{_program.Folder}': no case.json and no manifest.json.\n", _program.Error);
    }

    [Theory]
    [InlineData(CaseOutcome.Passed, "pass         lora/a  output out.y 0.012 of tolerance, gradient grad.a Infinity of tolerance")]
    [InlineData(CaseOutcome.Failed, "fail         lora/a  It is off.")]
    public void A_line_names_the_worst_tensors(CaseOutcome outcome, string line)
    {
        var result = new CaseResult
        {
            Case = "lora/a",
            Outcome = outcome,
            Reason = outcome == CaseOutcome.Passed ? null : "It is off.",
            WorstOutput = new Deviation("out.y", 0.0123),
            WorstGradient = new Deviation("grad.a", double.PositiveInfinity),
        };

        Assert.Equal(line, VerificationText.Line(result));
        using var document = JsonDocument.Parse(VerificationText.Json("here", [result]));
        var gradient = document.RootElement.GetProperty("cases")[0].GetProperty("worst_gradient");
        Assert.Equal("Infinity", gradient.GetProperty("share").GetString());
    }

    private void WriteUnsupportedCase()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_program.Folder, "methods", "telepathy", "one")).FullName;
        File.WriteAllText(Path.Combine(folder, "case.json"), """{ "method": "telepathy", "tolerance": { "abs": 1e-6, "rel": 1e-5 } }""");
    }
}

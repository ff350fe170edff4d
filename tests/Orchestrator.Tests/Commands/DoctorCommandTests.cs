using System.Text.Json;
using Orchestrator.Commands;
using Xunit;

namespace Orchestrator.Tests.Commands;

public sealed class DoctorCommandTests : IDisposable
{
    private readonly ProgramRun _program = new();

    public void Dispose() => _program.Dispose();

    [Fact]
    public async Task Each_part_of_the_machine_is_looked_at()
    {
        await _program.Run("doctor", "--json");

        using var document = JsonDocument.Parse(_program.Output);
        var findings = document.RootElement.GetProperty("findings").EnumerateArray()
            .ToDictionary(finding => finding.GetProperty("subject").GetString()!, finding => finding.GetProperty("health").GetString());
        Assert.Equal("orchestrator/doctor/1", document.RootElement.GetProperty("schema").GetString());
        Assert.Subset(findings.Keys.ToHashSet(), new HashSet<string> { "system", "data", "clock", "network", "libtorch" });
        Assert.Equal("ok", findings["network"]);
        Assert.Equal("ok", findings["libtorch"]);
        Assert.Contains(findings.Keys, subject => subject is "cpu" or "cuda:0");
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_program.Folder, ".orchestrator"))); // nothing is left behind
    }

    [Fact]
    public async Task A_data_folder_that_cannot_be_made_fails_with_a_remedy()
    {
        _program.WithFile("in-the-way", "");

        var exitCode = await _program.Run("doctor", "--data", "in-the-way");

        Assert.Equal(ExitCode.NotAllGood, exitCode);
        Assert.Contains("\nfail  data ", _program.Output, StringComparison.Ordinal);
        Assert.Contains("data: choose a folder that can be written with --data.", _program.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_seq_server_that_is_away_is_a_warning()
    {
        _program.WithFile("orchestrator.json", """{ "seq": "http://127.0.0.1:9" }""");

        await _program.Run("doctor");

        Assert.Contains("\nwarn  seq ", _program.Output, StringComparison.Ordinal);
    }
}

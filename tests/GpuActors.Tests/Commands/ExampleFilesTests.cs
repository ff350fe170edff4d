using System.Diagnostics;
using System.Runtime.CompilerServices;
using Experiments.Samplers;
using Experiments.SweepFiles;
using Experiments.Trials;
using GpuActors.Commands;
using Xunit;

namespace GpuActors.Tests.Commands;

/// <summary>Every example of a program in <c>config/sweeps</c>, its first configuration run to the end.</summary>
public sealed class ExampleFilesTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("examples-").FullName;

    public static TheoryData<string> Files => new(
        Directory.EnumerateFiles(Folder, "command-*.yaml").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));

    private static string Folder => Path.GetFullPath(Path.Combine(SourceFolder(), "..", "..", "..", "config", "sweeps"));

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Theory]
    [MemberData(nameof(Files))]
    public void Its_programs_end_well_and_report_the_metric(string file)
    {
        var spec = SweepFile.Read(Path.Combine(Folder, file), new AdapterCatalogue());
        var sampler = SamplerCatalogue.Create(spec.Sampler);
        var block = Assert.Single(spec.Tasks);
        using var runner = new CommandRunner(_data, "cpu:0", TimeProvider.System);
        foreach (var (entry, index) in block.Methods.Select((entry, index) => (entry, index)))
        {
            var program = entry.Command!.Value[0];
            Assert.SkipUnless(IsThere(program), $"{program} is not on this machine.");
            var configuration = sampler.Suggest(entry.Space, [], 0, seed: 1)!;
            var work = new TrialWork.Train(0, entry.Name, 0, configuration, Replicate: 0, Seed: 1);
            var attempt = new AttemptId(new TrialId(index), 1);

            var assignment = new Assignment(spec.Name, attempt, work, block, entry.Method, null, [], null, []);
            var outcome = runner.Run(assignment, new Seen(), default);

            var result = Assert.IsType<AttemptOutcome.Finished>(outcome).Result;
            Assert.NotNull(block.ValueOf(result.Metrics));
            Assert.InRange(result.Steps, 1, 50);
        }
    }

    private static bool IsThere(string program)
    {
        using var found = Process.Start(new ProcessStartInfo("sh", ["-c", "command -v \"$1\" && \"$1\" --version", "sh", program])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        found.StandardOutput.ReadToEnd();
        found.WaitForExit();
        return found.ExitCode == 0 || program is "sh";
    }

    private static string SourceFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}

using System.Runtime.CompilerServices;
using Experiments.Reports;
using Experiments.SweepFiles;
using Experiments.SweepFiles.Schema;
using Experiments.Sweeps;
using Xunit;

namespace GpuActors.Tests;

/// <summary>The sweep files of the repository and their schema, against what can really be trained.</summary>
public sealed class SweepFilesTests
{
    private static readonly string _config = Path.GetFullPath(Path.Combine(SourceFolder(), "..", "..", "config"));

    private readonly AdapterCatalogue _catalogue = new();

    public static TheoryData<string> Files =>
        new(Directory.EnumerateFiles(_config, "*.yaml", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(_config, path))
            .Order(StringComparer.Ordinal));

    [Fact]
    public void The_schema_beside_the_files_is_that_of_this_program() =>
        AssertIs(Path.Combine(_config, "schema", "sweep.schema.json"), SweepSchema.Write(_catalogue));

    [Fact]
    public void The_page_of_methods_is_that_of_this_program() =>
        AssertIs(Path.Combine(_config, "..", "docs", "methods.md"), MethodsPage.Of(_catalogue));

    private static void AssertIs(string path, string content)
    {
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, content);
        }

        Assert.Equal(File.ReadAllText(path), content, ignoreLineEndingDifferences: true);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Each_file_is_right_and_its_preparations_are_known(string file)
    {
        var spec = SweepFile.Read(Path.Combine(_config, file), _catalogue);

        Assert.InRange(SweepPlan.Of(spec, _catalogue).Trials, 1, 200);
        Assert.All(spec.Tasks, block => Assert.Equal(block.IsTraining, ((ICatalogue)_catalogue).PreparationsOf(block).Count > 0));
        Assert.Equal(spec, SweepFile.Parse(SweepYaml.Write(spec, _catalogue), file, _catalogue));
    }

    [Fact]
    public void The_smoke_tests_go_through_every_task_and_every_method()
    {
        var (few, all) = (Read("smoke.yaml"), Read("sweeps", "smoke-all.yaml"));

        Assert.Equal(_catalogue.Tasks.Select(task => task.Id), few.Tasks.Select(block => block.Task).Order(StringComparer.Ordinal));
        Assert.Equal(
            _catalogue.Methods.Select(method => method.Id),
            all.Tasks.SelectMany(block => block.Methods).Select(entry => entry.Method).Distinct().Order(StringComparer.Ordinal));

        SweepSpec Read(params string[] file) => SweepFile.Read(Path.Combine([_config, .. file]), _catalogue);
    }

    private static string SourceFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}

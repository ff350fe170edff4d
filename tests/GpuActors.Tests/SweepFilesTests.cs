using System.Runtime.CompilerServices;
using Experiments.Sweeps;
using Experiments.Sweeps.Schema;
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
    public void The_schema_beside_the_files_is_that_of_this_program()
    {
        var path = Path.Combine(_config, "schema", "sweep.schema.json");
        var schema = SweepSchema.Write(_catalogue);
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, schema);
        }

        Assert.Equal(File.ReadAllText(path), schema, ignoreLineEndingDifferences: true);
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
    public void The_smoke_test_goes_through_every_method_and_every_task()
    {
        var spec = SweepFile.Read(Path.Combine(_config, "smoke.yaml"), _catalogue);

        Assert.Equal(_catalogue.Tasks.Select(task => task.Id), spec.Tasks.Select(block => block.Task).Order(StringComparer.Ordinal));
        Assert.Equal(
            _catalogue.Methods.Select(method => method.Id),
            spec.Tasks.SelectMany(block => block.Methods).Select(entry => entry.Method).Distinct().Order(StringComparer.Ordinal));
    }

    private static string SourceFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}

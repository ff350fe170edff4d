using System.Text;
using Experiments.Samplers;
using Experiments.Schedulers;
using Experiments.SweepFiles;
using Experiments.Sweeps;
using Experiments.Tests.Sweeps;
using Xunit;

namespace Experiments.Tests.SweepFiles;

public sealed class ConfigFilesTests
{
    public static TheoryData<string> All => ConfigFiles.All;

    [Fact]
    public void Every_task_sampler_and_scheduler_has_an_example()
    {
        var catalogue = new CatalogueDouble();

        var specs = All.Select(row => SweepFile.Read(ConfigFiles.PathOf(row.Data), catalogue)).ToList();

        Assert.Equal(catalogue.Tasks.Select(task => task.Id), Used(specs.SelectMany(Learnt)));
        Assert.Contains(specs, spec => spec.Tasks[0].Command is not null);
        Assert.Equal(SamplerCatalogue.All.Select(sampler => sampler.Id), Used(specs.Select(spec => spec.Sampler.Type)));
        Assert.Equal(SchedulerCatalogue.All.Select(scheduler => scheduler.Id), Used(specs.Select(spec => spec.Scheduler.Type)));

        static IEnumerable<string> Learnt(SweepSpec spec) => spec.Tasks.Where(block => block.IsTraining).Select(block => block.Task);

        static IEnumerable<string> Used(IEnumerable<string> names) => names.Distinct().Order(StringComparer.Ordinal);
    }

    [Fact]
    public void Each_amounts_to_the_trials_that_it_should()
    {
        var text = new StringBuilder();
        foreach (var file in All.Select(row => row.Data))
        {
            var spec = SweepFile.Read(ConfigFiles.PathOf(file), new CatalogueDouble());
            var plan = SweepPlan.Of(spec, new CatalogueDouble());
            text.AppendLine($"{file}: {plan.Configurations} configurations x {plan.Replicates} seeds = {plan.Trials} trials");
            foreach (var entry in plan.Entries)
                text.AppendLine($"  {spec.Tasks[entry.Block].Task,-12} {entry.Entry,-16} {entry.Configurations,3} {entry.Trials,4}");
            foreach (var warning in plan.Warnings)
                text.AppendLine($"  {warning}");
        }

        Snapshot.Matches(text.ToString(), "config-plans");
    }

    [Fact]
    public void The_smoke_test_goes_through_every_method_and_every_task()
    {
        var catalogue = new CatalogueDouble();
        var spec = SweepFile.Read(ConfigFiles.PathOf("smoke.yaml"), catalogue);

        Assert.Equal(catalogue.Tasks.Select(task => task.Id), spec.Tasks.Select(block => block.Task).Order(StringComparer.Ordinal));
        Assert.Equal(
            catalogue.Methods.Select(method => method.Id),
            spec.Tasks.SelectMany(block => block.Methods).Select(entry => entry.Method).Distinct().Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Each_names_the_schema_that_lies_beside_it(string file)
    {
        var first = File.ReadLines(ConfigFiles.PathOf(file)).First();

        var schema = Assert.Single(first.Split("$schema=").Skip(1));
        Assert.Equal(
            Path.Combine(ConfigFiles.Folder, "schema", "sweep.schema.json"),
            Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ConfigFiles.PathOf(file))!, schema)));
    }
}

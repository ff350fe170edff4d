using Experiments.SweepFiles;
using Experiments.Sweeps;
using Experiments.Tests.SweepFiles;
using Xunit;

namespace Experiments.Tests.Sweeps;

public sealed class SpecJsonTests
{
    [Fact]
    public void Any_sweep_reads_back_equal_and_equal_sweeps_have_equal_texts()
    {
        SpecGen.Sweeps.Sample(spec =>
        {
            var text = SpecJson.Write(spec);
            var again = SpecJson.Read(text);
            return again.Equals(spec) && SpecJson.Write(again) == text && SpecJson.Hash(again) == SpecJson.Hash(spec);
        }, iter: 500);
    }

    [Fact]
    public void The_hash_is_that_of_the_content_not_of_the_way_it_was_written()
    {
        var one = Read("task: lesions\nmethods:\n  - method: lora\n    learning_rate: 1e-3\nseeds: 3\n");
        var other = Read("seeds: [0, 1, 2]\nparameters: { learning_rate: 0.001 } # shared\nmethods: [lora]\ntask: lesions\n");
        var third = Read("task: lesions\nmethods:\n  - method: lora\n    learning_rate: 2e-3\nseeds: 3\n");

        Assert.Equal(SpecJson.Hash(one), SpecJson.Hash(other));
        Assert.NotEqual(SpecJson.Hash(one), SpecJson.Hash(third));
    }

    [Fact]
    public void The_text_and_its_hash_stay_as_they_are_because_stores_hold_them()
    {
        var spec = SweepFile.Read(ConfigFiles.PathOf("smoke.yaml"), new CatalogueDouble());
        var small = spec with { Tasks = [spec.Tasks[2] with { Methods = [spec.Tasks[2].Methods[1]] }] };

        Snapshot.Matches($"{SpecJson.Write(small)}\n{SpecJson.Hash(small)}\n", "canonical");
    }

    private static SweepSpec Read(string text) => SweepFile.Parse(text, "a.yaml", new CatalogueDouble());
}

using Experiments.SweepFiles;
using Experiments.Sweeps;
using Experiments.Tests.Sweeps;
using Xunit;

namespace Experiments.Tests.SweepFiles;

public sealed class SweepYamlTests
{
    public static TheoryData<string> Files => ConfigFiles.All;

    [Theory]
    [MemberData(nameof(Files))]
    public void What_is_written_reads_back_equal(string file)
    {
        var spec = SweepFile.Read(ConfigFiles.PathOf(file), new CatalogueDouble());

        Assert.Equal(spec, Reread(SweepYaml.Write(spec)));
        Assert.Equal(spec, Reread(SweepYaml.Write(spec, new CatalogueDouble())));
    }

    [Fact]
    public void Every_shared_value_and_default_stands_where_it_acts()
    {
        var spec = SweepFile.Read(ConfigFiles.PathOf("sweeps/lesions.yaml"), new CatalogueDouble());

        Snapshot.Matches(SweepYaml.Write(spec, new CatalogueDouble()), "resolved-lesions");
    }

    [Fact]
    public void Any_sweep_reads_back_equal()
    {
        SpecGen.Sweeps.Sample(spec => Reread(SweepYaml.Write(spec)).Equals(spec), iter: 500);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("~")]
    [InlineData("a: b")]
    [InlineData("# no comment")]
    [InlineData("\"quoted\" \\ 'too'")]
    [InlineData("")]
    [InlineData("ä€😀")]
    [InlineData("line\nbreak\ttab")]
    public void Any_text_survives(string text)
    {
        var modules = new ParameterValue.List([new ParameterValue.Text(text)]);
        var space = new SearchSpace([new Parameter("target_modules", new Domain.Fixed(modules))]);
        var spec = new SweepSpec
        {
            Name = "texts",
            Tasks =
            [
                new TaskBlock
                {
                    Task = "lesions", Size = "smoke", Base = "sam-tiny", Metric = "dice", Maximize = true,
                    Methods = [new MethodEntry { Name = "lora", Method = "lora", Space = space }],
                },
            ],
        };

        Assert.Equal(spec, Reread(SweepYaml.Write(spec)));
    }

    private static SweepSpec Reread(string text) => SweepFile.Parse(text, "resolved.yaml", new CatalogueDouble(), environment: _ => null);
}

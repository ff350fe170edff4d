using Experiments.SweepFiles;
using Experiments.Sweeps;
using Experiments.Tests.Sweeps;
using Xunit;

namespace Experiments.Tests.SweepFiles;

public sealed class OverridesTests
{
    private const string File = """
        task: lesions
        seeds: 2
        sampler: random
        methods:
          - lora
          - method: conv-lora
            experts: { choices: [2, 4] }
            top_k: { value: 2, when: { experts: 4 } }
        """;

    [Fact]
    public void An_override_replaces_a_value_or_adds_one()
    {
        var spec = Read("seeds=[4, 5]", "name=other", "limits.wall=6h", "parameters.steps=3");

        Assert.Equal([4, 5], spec.Seeds);
        Assert.Equal("other", spec.Name);
        Assert.Equal(TimeSpan.FromHours(6), spec.Limits.Wall);
        Assert.All(spec.Tasks[0].Methods, entry => Assert.Equal("steps", entry.Space.Parameters[^1].Name));
    }

    [Fact]
    public void A_method_is_reached_by_its_name_or_its_place()
    {
        var spec = Read("methods.lora.rank=4", "methods.1.rank=2", "sampler.type=grid");

        Assert.Equal(new Domain.Fixed(new ParameterValue.Integer(4)), spec.Tasks[0].Methods[0].Space.Parameters[0].Domain);
        Assert.Equal(new Domain.Fixed(new ParameterValue.Integer(2)), spec.Tasks[0].Methods[1].Space.Parameters[2].Domain);
        Assert.Equal("grid", spec.Sampler.Type);
    }

    [Fact]
    public void A_replaced_parameter_keeps_its_place_so_that_conditions_on_it_still_stand_after_it()
    {
        var spec = Read("methods.conv-lora.experts={ choices: [4, 8] }");

        Assert.Equal(["experts", "top_k"], spec.Tasks[0].Methods[1].Space.Parameters.Select(parameter => parameter.Name));
    }

    [Theory]
    [InlineData("seeds", "--set(1): an override is written key=value, such as seeds=3, not 'seeds'.")]
    [InlineData("=3", "--set(1): an override is written key=value, such as seeds=3, not '=3'.")]
    [InlineData("seeds=", "--set(1): 'seeds' is set to nothing.")]
    [InlineData("seeds=zero", "--set(1): 'seeds' must be a whole number, not 'zero'.")]
    [InlineData("sedes=3", "--set(1): unknown key 'sedes' in a sweep file. Did you mean 'seeds'?")]
    [InlineData("methods.lroa.rank=3", "--set(1): no element 'lroa' in this list. Did you mean 'lora'?")]
    [InlineData("methods.lora.rnak=3", "--set(1): unknown option 'rnak' of method 'lora'. Did you mean 'rank'?")]
    [InlineData("task.size=smoke", "--set(1): 'size' cannot be set beneath 'lesions'; set the whole, such as key={ … }.")]
    [InlineData("methods.lora.rank={ low: 1",
        "--set(1): this is not YAML: while parsing a flow mapping, did not find expected ',' or '}'.")]
    public void A_mistake_is_placed_at_its_override(string argument, string message)
    {
        Assert.Equal(message, Assert.Single(Assert.Throws<SpecException>(() => Read(argument)).Problems).ToString());
    }

    [Fact]
    public void Mistakes_of_the_file_come_before_those_of_overrides_in_their_order()
    {
        var refusal = Assert.Throws<SpecException>(() => SweepFile.Parse(
            "task: lesions\nmethods: [lroa]\n", "a.yaml", new CatalogueDouble(), ["seeds=none", "trials=some"]));

        Assert.Equal(["a.yaml(2,11)", "--set(1)", "--set(2)"], refusal.Problems.Select(problem => problem.ToString().Split(": ")[0]));
        Assert.Equal("--set(2): 'trials' must be a whole number, not 'some'.\n   2 | trials=some", refusal.Problems[2].ToText());
    }

    private static SweepSpec Read(params string[] overrides) =>
        SweepFile.Parse(File, "a.yaml", new CatalogueDouble(), overrides, _ => null);
}

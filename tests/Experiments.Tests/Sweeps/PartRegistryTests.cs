using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Experiments.Samplers;
using Experiments.Schedulers;
using Experiments.Sweeps;
using Xunit;

namespace Experiments.Tests.Sweeps;

public sealed class PartRegistryTests
{
    private static readonly PartRegistry<object> _registry = new("part", [typeof(Plain), typeof(Tunable), typeof(string)], IdOf);

    [Fact]
    public void Parts_are_sorted_by_id_with_their_options()
    {
        Assert.Equal(["plain", "tunable"], _registry.All.Select(part => part.Id));
        Assert.Equal("Can be set.", _registry.All[1].Summary);
        Assert.Equal(
            [
                new OptionDescription("start_at", OptionKind.Integer, new ParameterValue.Integer(3), 1, 9, [], "Where it starts."),
                new OptionDescription("share", OptionKind.Real, new ParameterValue.Real(0.5), null, null, [], ""),
                new OptionDescription("mode", OptionKind.Text, new ParameterValue.Text("a"), null, null, ["a", "b"], ""),
            ],
            _registry.All[1].Options);
    }

    [Fact]
    public void A_part_is_made_with_its_options_and_the_defaults_of_the_others()
    {
        var made = (Tunable)_registry.Create("tunable", new Configuration([new("start_at", new ParameterValue.Integer(7))]));

        Assert.Equal(new Tunable.Options { StartAt = 7, Share = 0.5 }, made.Chosen);
        Assert.IsType<Plain>(_registry.Create("plain", Configuration.Empty));
    }

    [Fact]
    public void Two_parts_of_one_name_are_refused_with_both()
    {
        var refusal = Assert.Throws<InvalidOperationException>(
            () => new PartRegistry<object>("part", [typeof(Plain), typeof(Tunable)], _ => "same"));

        Assert.Equal($"{typeof(Plain)} and {typeof(Tunable)} are both registered as part 'same'.", refusal.Message);
    }

    [Fact]
    public void Unknown_names_are_refused_with_the_known()
    {
        var eta = new Configuration([new("eta", new ParameterValue.Integer(3))]);

        Assert.Equal(
            $"Unknown sampler 'dice'. Known: {string.Join(", ", SamplerCatalogue.All.Select(sampler => sampler.Id))}.",
            Assert.Throws<SpecException>(() => SamplerCatalogue.Create(new SamplerSpec { Type = "dice" })).Message);
        Assert.Equal(
            "Unknown scheduler 'lottery'. Known: asha, asha-stop, fifo, hyperband, median, pbt, successive-seeds.",
            Assert.Throws<SpecException>(() => SchedulerCatalogue.Create(new SchedulerSpec { Type = "lottery" })).Message);
        Assert.Equal(
            "Unknown option 'eta' of part 'plain'.",
            Assert.Throws<SpecException>(() => _registry.Create("plain", eta)).Message);
    }

    private static string? IdOf(Type type) => type == typeof(Plain) ? "plain" : type == typeof(Tunable) ? "tunable" : null;

    private sealed class Plain;

    [Description("Can be set.")]
    private sealed class Tunable(Tunable.Options options)
    {
        public Options Chosen { get; } = options;

        public sealed record Options
        {
            [Range(1, 9)]
            [Description("Where it starts.")]
            public int StartAt { get; init; } = 3;

            public double Share { get; init; } = 0.5;

            [AllowedValues("a", "b")]
            public string Mode { get; init; } = "a";
        }
    }
}

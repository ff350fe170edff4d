using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Adapters.Methods;
using Adapters.Options;
using Adapters.Training;
using Xunit;

namespace Adapters.Tests.Options;

public sealed class OptionSchemaTests
{
    private const string Owner = "method 'sample'";

    public enum Pooling
    {
        Mean,
        CausalMean,

        [JsonStringEnumMemberName("lora_only")]
        LoraOnly,
    }

    public sealed record Sample
    {
        [Range(1, 64)]
        public int Rank { get; init; } = 8;

        [Range(0.0, 1e9)]
        public double WeightDecay { get; init; } = 0.5;

        public bool Shift { get; init; } = true;

        public Pooling Pooling { get; init; }

        public int? Group { get; init; }

        [AllowedValues("adamw", "sgd")]
        public string Optimizer { get; init; } = "adamw";

        public IReadOnlyList<string>? TargetModules { get; init; }

        [Range(0, 9)]
        public IReadOnlyList<int> Masked { get; init; } = [];

        [Range(-1.0, 1.0)]
        public IReadOnlyList<double>? Weights { get; init; }

        public double Computed => WeightDecay * Rank;
    }

    [Fact]
    public void Reads_name_kind_default_limits_and_choices_off_the_record()
    {
        var options = OptionSchema.Of(typeof(Sample)).Options;

        Assert.Equal(
            ["rank", "weight_decay", "shift", "pooling", "group", "optimizer", "target_modules", "masked", "weights"],
            options.Select(option => option.Name));
        Assert.Equal(
            [OptionKind.Integer, OptionKind.Real, OptionKind.Flag, OptionKind.Text, OptionKind.Integer, OptionKind.Text,
                OptionKind.TextList, OptionKind.IntegerList, OptionKind.RealList],
            options.Select(option => option.Kind));
        Assert.Equal(
            ["8", "0.5", "true", "\"mean\"", "", "\"adamw\"", "", "[]", ""],
            options.Select(option => option.Default?.ToJsonString() ?? ""));
        Assert.Equal((1, 64), (options[0].Minimum, options[0].Maximum));
        Assert.Equal(["mean", "causal-mean", "lora_only"], options[3].Choices);
        Assert.Equal(["adamw", "sgd"], options[5].Choices);
    }

    [Fact]
    public void Takes_summaries_from_the_documentation()
    {
        var options = OptionSchema.Of(typeof(TrainingOptions)).Options;

        Assert.Equal("Peak learning rate.", options.Single(option => option.Name == "learning_rate").Summary);
        Assert.All(options, option => Assert.NotEmpty(option.Summary));
    }

    [Fact]
    public void Binds_named_values_and_leaves_the_rest_at_their_defaults()
    {
        var values = new JsonObject
        {
            ["rank"] = 4.0, ["pooling"] = "causal-mean", ["group"] = 16, ["target_modules"] = new JsonArray("q", "v"),
            ["masked"] = new JsonArray(1, 2), ["weights"] = new JsonArray(0.5, -1), ["shift"] = false, ["optimizer"] = null,
        };

        var options = OptionSchema.Bind<Sample>(values, Owner);

        Assert.Equal((4, Pooling.CausalMean, 16, false), (options.Rank, options.Pooling, options.Group, options.Shift));
        Assert.Equal(["q", "v"], options.TargetModules);
        Assert.Equal([1, 2], options.Masked);
        Assert.Equal([0.5, -1], options.Weights!);
        Assert.Equal((0.5, "adamw"), (options.WeightDecay, options.Optimizer));
    }

    [Fact]
    public void Writes_what_it_reads()
    {
        var options = new Sample { Rank = 3, Pooling = Pooling.LoraOnly, TargetModules = ["q"], Masked = [7] };

        var again = OptionSchema.Bind<Sample>(OptionSchema.Write(options), Owner);

        Assert.Equal(OptionSchema.Write(options).ToJsonString(), OptionSchema.Write(again).ToJsonString());
        Assert.Equal((3, Pooling.LoraOnly), (again.Rank, again.Pooling));
    }

    [Theory]
    [InlineData("""{"rnak": 4}""", "Unknown option 'rnak' of method 'sample'. Did you mean 'rank'?")]
    [InlineData("""{"lora_rank": 4}""", "Unknown option 'lora_rank' of method 'sample'. Did you mean 'rank'?")]
    [InlineData("""{"rank": 0}""", "Option 'rank' of method 'sample' is 0, but must be from 1 to 64.")]
    [InlineData("""{"weights": [0.5, "a"]}""", "Option 'weights' of method 'sample' is [0.5,\"a\"], but must be a list of numbers.")]
    [InlineData("""{"weights": 1}""", "Option 'weights' of method 'sample' is 1, but must be a list of numbers.")]
    [InlineData("""{"rank": 2.5}""", "Option 'rank' of method 'sample' is 2.5, but must be a whole number.")]
    [InlineData("""{"rank": "eight"}""", "Option 'rank' of method 'sample' is \"eight\", but must be a whole number.")]
    [InlineData("""{"rank": 1e30}""", "Option 'rank' of method 'sample' is 1E+30, but must be a whole number.")]
    [InlineData("""{"weight_decay": -1}""", "Option 'weight_decay' of method 'sample' is -1, but must be at least 0.")]
    [InlineData("""{"weight_decay": true}""", "Option 'weight_decay' of method 'sample' is true, but must be a number.")]
    [InlineData("""{"shift": 1}""", "Option 'shift' of method 'sample' is 1, but must be true or false.")]
    [InlineData("""{"pooling": "max"}""",
        "Option 'pooling' of method 'sample' is \"max\", but must be one of mean, causal-mean, lora_only.")]
    [InlineData("""{"optimizer": "adam"}""", "Option 'optimizer' of method 'sample' is \"adam\", but must be one of adamw, sgd.")]
    [InlineData("""{"target_modules": "q"}""", "Option 'target_modules' of method 'sample' is \"q\", but must be a list of texts.")]
    [InlineData("""{"masked": [12]}""", "Option 'masked' of method 'sample' is [12], but must be from 0 to 9.")]
    [InlineData("""{"masked": [null]}""", "Option 'masked' of method 'sample' is [null], but must be a list of whole numbers.")]
    public void Refuses_what_does_not_fit_with_the_value_and_what_would(string values, string message)
    {
        var wrong = Assert.Throws<AdapterException>(
            () => OptionSchema.Bind<Sample>(JsonNode.Parse(values)!.AsObject(), Owner));

        Assert.Equal(message, wrong.Message);
    }

    [Fact]
    public void Refuses_a_number_that_is_none()
    {
        var values = new JsonObject { ["weight_decay"] = double.NaN };

        var wrong = Assert.Throws<AdapterException>(() => OptionSchema.Bind<Sample>(values, Owner));

        Assert.Equal("Option 'weight_decay' of method 'sample' is NaN, but must be a number.", wrong.Message);
    }

    [Theory]
    [InlineData("rnak", "rank")]
    [InlineData("Rank", "rank")]
    [InlineData("alhpa", "alpha")]
    [InlineData("lora_alpha", "alpha")]
    [InlineData("zzz", null)]
    public void Finds_the_nearest_name(string name, string? nearest) =>
        Assert.Equal(nearest, NearestName.Of(name, ["alpha", "dropout", "rank", "target_modules"]));

    [Fact]
    public void Lists_the_known_names_where_none_is_near() =>
        Assert.Equal(" Known: alpha, rank.", NearestName.Hint("zzz", ["rank", "alpha"]));
}

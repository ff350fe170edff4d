using Experiments.Sweeps;
using Xunit;

namespace Experiments.Tests.Sweeps;

public sealed class CommandLineTests
{
    private static readonly Configuration _configuration = new(
    [
        KeyValuePair.Create<string, ParameterValue>("rank", new ParameterValue.Integer(8)),
        KeyValuePair.Create<string, ParameterValue>("lr", new ParameterValue.Real(0.001)),
        KeyValuePair.Create<string, ParameterValue>("note", new ParameterValue.Text("two words; rm -rf")),
    ]);

    [Theory]
    [InlineData("--rank=${rank}", "--rank=8")]
    [InlineData("${rank}x${lr}", "8x0.001")]
    [InlineData("${note}", "two words; rm -rf")]
    [InlineData("$${rank} costs $5 and $$ and ${rank}", "${rank} costs $5 and $$ and 8")]
    [InlineData("{\"score\": ${rank}}", "{\"score\": 8}")]
    [InlineData("", "")]
    public void A_placeholder_becomes_its_value_and_all_else_stays(string argument, string filled)
    {
        Assert.Equal([filled], Fill(argument));
    }

    [Fact]
    public void An_argument_whose_parameter_is_absent_is_left_out_as_a_whole()
    {
        Assert.Equal(["program", "--rank=8"], Fill("program", "--momentum=${momentum}", "--rank=${rank}"));
    }

    [Fact]
    public void All_parameters_come_as_arguments_of_their_own()
    {
        Assert.Equal(["program", "--lr=0.001", "--note=two words; rm -rf", "--rank=8", "-v"], Fill("program", "${args}", "-v"));
    }

    private static IReadOnlyList<string> Fill(params string[] arguments) => CommandLine.Fill(
        arguments, _configuration, name => _configuration.Values.GetValueOrDefault(name)?.ToString());
}

using Experiments.Sweeps;
using Xunit;

namespace Experiments.Tests.Sweeps;

public sealed class SpecProblemTests
{
    [Fact]
    public void The_line_of_the_file_is_shown_with_the_mistake_underlined_and_what_could_stand_there()
    {
        var problem = new SpecProblem("unknown option 'rnak' of method 'lora'. Did you mean 'rank'?")
        {
            File = "config/sweeps/lesions.yaml",
            Line = 8,
            Column = 5,
            Length = 4,
            Source = "    rnak: { type: int, low: 2, high: 32, log: true }",
            Hint = "options: alpha, dropout, rank, target",
        };

        Assert.Equal(
            """
            config/sweeps/lesions.yaml(8,5): unknown option 'rnak' of method 'lora'. Did you mean 'rank'?
               8 |     rnak: { type: int, low: 2, high: 32, log: true }
                 |     ^^^^  options: alpha, dropout, rank, target
            """,
            problem.ToText());
    }

    [Fact]
    public void A_mistake_without_a_place_is_its_sentence()
    {
        var refusal = new SpecException("Unknown sampler 'gird'.");

        Assert.Equal("Unknown sampler 'gird'.", refusal.Message);
        Assert.Equal("Unknown sampler 'gird'.", refusal.Problems[0].ToText());
    }

    [Fact]
    public void The_message_of_the_exception_has_a_line_a_mistake()
    {
        var refusal = new SpecException([new SpecProblem("a.") { File = "f", Line = 1, Column = 2, Source = "x" }, new SpecProblem("b.")]);

        Assert.Equal($"f(1,2): a.{Environment.NewLine}b.", refusal.Message);
    }
}

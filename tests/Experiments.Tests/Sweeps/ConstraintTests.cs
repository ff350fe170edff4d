using CsCheck;
using Experiments.Sweeps;
using Xunit;

namespace Experiments.Tests.Sweeps;

public sealed class ConstraintTests
{
    private static readonly Dictionary<string, OptionDescription> _parameters = new OptionDescription[]
    {
        new("rank", OptionKind.Integer, null, null, null, [], ""), new("rate", OptionKind.Real, null, null, null, [], ""),
        new("optimizer", OptionKind.Text, null, null, null, ["adamw", "sgd"], ""),
        new("rslora", OptionKind.Flag, null, null, null, [], ""), new("targets", OptionKind.TextList, null, null, null, [], ""),
    }.ToDictionary(option => option.Name);

    private static readonly Dictionary<string, ParameterValue> _values = new()
    {
        ["rank"] = new ParameterValue.Integer(8), ["rate"] = new ParameterValue.Real(0.25),
        ["optimizer"] = new ParameterValue.Text("sgd"), ["rslora"] = new ParameterValue.Flag(true),
    };

    [Theory]
    [InlineData("rank <= 8", true)]
    [InlineData("rank < 8", false)]
    [InlineData("2 + 3 * 2 == rank", true)] // not (2 + 3) * 2
    [InlineData("(2 + 3) * 2 == rank", false)]
    [InlineData("16 / 4 / 2 == 2", true)] // from the left
    [InlineData("10 - 4 - 2 == 4", true)]
    [InlineData("-rank + 8 == 0", true)]
    [InlineData("- -rank == 8", true)]
    [InlineData("rank * rate >= 2", true)]
    [InlineData("rank > 2.5e2 or rate == .25", true)]
    [InlineData("optimizer == 'sgd'", true)]
    [InlineData("optimizer != \"sgd\"", false)]
    [InlineData("not rslora", false)]
    [InlineData("not rank > 9 and rslora", true)] // (not rank > 9) and rslora
    [InlineData("rank > 9 and rslora or rate < 1", true)] // (rank > 9 and rslora) or rate < 1
    [InlineData("rank > 9 and (rslora or rate < 1)", false)]
    [InlineData("rslora == true", true)]
    [InlineData("rank / 0 > 1e300", true)]
    public void Binds_as_in_Python(string text, bool holds)
    {
        var constraint = new Constraint(text);

        constraint.Check(_parameters);
        Assert.Equal(holds, constraint.HoldsIn(_values));
    }

    [Fact]
    public void Holds_where_a_parameter_is_absent()
    {
        var constraint = new Constraint("rank > 100 and momentum > 1");

        Assert.Equal(["rank", "momentum"], constraint.Names);
        Assert.True(constraint.HoldsIn(_values));
        Assert.False(constraint.HoldsIn(new Dictionary<string, ParameterValue>(_values) { ["momentum"] = new ParameterValue.Real(2) }));
    }

    [Theory]
    [InlineData("", 0, 1, "the constraint is empty; a constraint is written like 'rank * experts <= 64'.")]
    [InlineData("rank <=", 7, 1, "the constraint ends after '<=', where a value was expected.")]
    [InlineData("rank = 8", 5, 1, "'=' is written '==' in a constraint.")]
    [InlineData("rank < 8 && rslora", 9, 2, "'&&' is written 'and' in a constraint.")]
    [InlineData("!rslora", 0, 1, "'!' is written 'not' in a constraint.")]
    [InlineData("2 < rank < 8", 9, 1, "comparisons do not chain; write 'a < b and b < c' for 'a < b < c'.")]
    [InlineData("(rank < 8", 0, 1, "this '(' is never closed.")]
    [InlineData("rank < 8)", 8, 1, "this ')' closes nothing.")]
    [InlineData("rank < 8 rslora", 9, 6, "'rslora' does not follow from 'rank < 8'; an operator was expected, such as '<=' or 'and'.")]
    [InlineData("optimizer == 'sgd", 13, 1, "the text that begins here has no closing quote.")]
    [InlineData("rank % 2 == 0", 5, 1, "'%' means nothing in a constraint; a constraint is written like 'rank * experts <= 64'.")]
    [InlineData("rank < * 2", 7, 1, "'*' stands where a value was expected.")]
    [InlineData("rank < and", 7, 3, "'and' stands where a value was expected.")]
    public void What_is_no_constraint_is_refused_with_its_place(string text, int start, int length, string message)
    {
        var refusal = Assert.Throws<ConstraintException>(() => new Constraint(text));

        Assert.Equal((message, start, length), (refusal.Message, refusal.Start, refusal.Length));
    }

    [Theory]
    [InlineData("rnak <= 8", 0, 4, "the constraint names 'rnak', which is not a parameter here. Did you mean 'rank'?")]
    [InlineData("rank * 2", 0, 8, "a constraint is true or false, but 'rank * 2' is a number; compare it, as in 'rank * experts <= 64'.")]
    [InlineData("rank < optimizer", 7, 9, "'<' takes a number, but 'optimizer' is a text.")]
    [InlineData("rank and rslora", 0, 4, "'and' takes true or false, but 'rank' is a number.")]
    [InlineData("not (rank + 1)", 4, 10, "'not' takes true or false, but '(rank + 1)' is a number.")]
    [InlineData("rank == 'eight'", 0, 15, "'rank' is a number and ''eight'' is a text, so they are never equal.")]
    [InlineData("optimizer != 'adam'", 13, 6, "'optimizer' is never 'adam'. Did you mean 'adamw'?")]
    [InlineData("targets == 'q'", 0, 7, "'targets' is a list, which a constraint cannot compute with.")]
    public void What_can_never_be_meant_is_refused_with_its_place(string text, int start, int length, string message)
    {
        var constraint = new Constraint(text);

        var refusal = Assert.Throws<ConstraintException>(() => constraint.Check(_parameters));

        Assert.Equal((message, start, length), (refusal.Message, refusal.Start, refusal.Length));
    }

    [Fact]
    public void Nesting_that_is_only_meant_to_break_something_is_refused()
    {
        var depth = Assert.Throws<ConstraintException>(() => new Constraint(new string('(', 200) + "1" + new string(')', 200)));
        var length = Assert.Throws<ConstraintException>(() => new Constraint(string.Join(" + ", Enumerable.Repeat("1", 5000)) + " > 0"));

        Assert.StartsWith("this is nested more than 100 levels deep", depth.Message, StringComparison.Ordinal);
        Assert.StartsWith("the constraint has more than 1000 words", length.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_is_written_is_read_or_refused_in_a_sentence_with_a_place_in_the_text()
    {
        string[] pieces = ["rank", "rate", "'a'", "1", "2.5", "(", ")", "and", "or", "not", "<", "==", "=", "+", "-", "*", "#", " "];
        Gen.Int[0, pieces.Length - 1].Array[0, 12].Select(drawn => string.Join(' ', drawn.Select(piece => pieces[piece]))).Sample(text =>
        {
            try
            {
                new Constraint(text).Check(_parameters);
                return true;
            }
            catch (ConstraintException error)
            {
                return error.Start >= 0 && error.Length >= 1 && error.Start + error.Length <= text.Length + 1
                    && error.Message[^1] is '.' or '?';
            }
        }, iter: 2000);
    }
}

using Experiments.Sweeps;

namespace Experiments.SweepFiles.Reading;

/// <summary>Values of options: the option says what a text means and what is allowed.</summary>
internal sealed class OptionValues(Problems problems)
{
    /// <param name="node">The value in the file.</param>
    /// <param name="option">What it is a value of.</param>
    /// <param name="what">How messages call it: <c>'rank' of method 'lora'</c>.</param>
    /// <returns>The typed value, or null after a report.</returns>
    public ParameterValue? Read(SourceNode node, OptionDescription option, string what)
    {
        if (node is SourceScalar { IsEmpty: true })
            return Refuse(node, $"{what} has no value; leave it out for the default.");

        return option.Kind switch
        {
            OptionKind.IntegerList => List(node, option with { Kind = OptionKind.Integer }, what),
            OptionKind.RealList => List(node, option with { Kind = OptionKind.Real }, what),
            OptionKind.TextList => List(node, option with { Kind = OptionKind.Text }, what),
            OptionKind.Integer => Numbers.Whole(node) is { } whole
                ? Within(node, new ParameterValue.Integer(whole), whole, option, what)
                : Refuse(node, $"{what} must be a whole number, not {node.Shape}."),
            OptionKind.Real => Numbers.Real(node) is { } real
                ? Within(node, new ParameterValue.Real(real), real, option, what)
                : Refuse(node, $"{what} must be a number, not {node.Shape}."),
            OptionKind.Flag => node is SourceScalar { Quoted: false, Text: "true" or "false" } flag
                ? new ParameterValue.Flag(flag.Text == "true")
                : Refuse(node, $"{what} must be true or false, not {node.Shape}."),
            _ => Text(node, option, what),
        };
    }

    /// <summary>Reports a number out of the option's limits.</summary>
    public bool IsWithin(SourceNode node, double value, OptionDescription option, string what)
    {
        if (!(value < option.Minimum) && !(value > option.Maximum))
            return true;

        problems.Add(node.Mark, $"{what} is {Shown(node, value)}, but must {Limits(option)}.");
        return false;
    }

    private ParameterValue? Within(
        SourceNode node, ParameterValue read, double value, OptionDescription option, string what) =>
        IsWithin(node, value, option, what) ? read : null;

    private ParameterValue? Text(SourceNode node, OptionDescription option, string what)
    {
        if (node is not SourceScalar scalar)
            return Refuse(node, $"{what} must be a text, not {node.Shape}.");
        if (option.Choices.Count == 0 || option.Choices.Contains(scalar.Text))
            return new ParameterValue.Text(scalar.Text);

        return Refuse(node,
            $"{what} cannot be '{scalar.Text}'.{NearestName.Question(scalar.Text, option.Choices)}",
            $"choices: {string.Join(", ", option.Choices)}");
    }

    private ParameterValue.List? List(SourceNode node, OptionDescription element, string what)
    {
        if (node is not SourceList list)
        {
            Refuse(node, $"{what} must be a list, such as [{Example(node)}], not {node.Shape}.");
            return null;
        }

        var values = list.Items.Select(item => Read(item, element, $"an element of {what}")).ToList();
        return values.Contains(null) ? null : new ParameterValue.List([.. values.OfType<ParameterValue>()]);
    }

    private ParameterValue? Refuse(SourceNode node, string message, string? hint = null)
    {
        problems.Add(node.Mark, message, hint);
        return null;
    }

    private static string Example(SourceNode node) => node is SourceScalar scalar ? scalar.Text : "a, b";

    private static string Shown(SourceNode node, double value) =>
        node is SourceScalar scalar ? scalar.Text : Numbers.Show(value);

    private static string Limits(OptionDescription option) => (option.Minimum, option.Maximum) switch
    {
        ({ } least, { } most) => $"lie between {Numbers.Show(least)} and {Numbers.Show(most)}",
        ({ } least, null) => $"be at least {Numbers.Show(least)}",
        (_, var most) => $"be at most {Numbers.Show(most ?? double.NaN)}",
    };
}

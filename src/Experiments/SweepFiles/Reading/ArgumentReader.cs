using Experiments.Sweeps;

namespace Experiments.SweepFiles.Reading;

/// <summary>Command lines with placeholders, each of which must stand for something that the trial has.</summary>
internal sealed class ArgumentReader(Problems problems)
{
    /// <param name="node">The value of <c>command</c>.</param>
    /// <param name="parameters">Names of the entry's parameters.</param>
    /// <param name="spec">What else the block says.</param>
    /// <returns>Program and arguments, or null after a report.</returns>
    public EquatableArray<string>? Read(SourceNode node, IReadOnlyList<string> parameters, CommandSpec spec)
    {
        if (node is not SourceList { Items.Length: > 0 } list)
        {
            problems.Add(node.Mark, node is SourceScalar { IsEmpty: false } line
                ? $"'command' must be a list; for a line of the shell write [sh, -c, \"{line.Text}\"]."
                : $"'command' must be a list such as [python3, train.py], not {node.Shape}.");
            return null;
        }

        var before = problems.Count;
        foreach (var item in list.Items)
        {
            if (item is not SourceScalar { IsEmpty: false } argument)
                problems.Add(item.Mark, $"an argument of 'command' must be a text, not {item.Shape}; an empty one is written \"\".");
            else
                Check(argument, parameters, spec, isArgument: true);
        }

        if (list.Items[0] is SourceScalar { Text: "" } program)
            problems.Add(program.Mark, "the first of 'command' is the program, which cannot be empty.");
        return problems.Count == before ? [.. list.Items.Cast<SourceScalar>().Select(item => item.Text)] : null;
    }

    /// <summary>Reports placeholders that stand for nothing.</summary>
    public void Check(SourceScalar text, IReadOnlyList<string> parameters, CommandSpec spec, bool isArgument)
    {
        if (CommandLine.Unclosed(text.Text) is >= 0 and var open)
            problems.Add(MarkOf(text, open, 2), "this '${' is not closed; write $${ for the text '${'.");

        foreach (var (name, index) in CommandLine.Placeholders(text.Text))
        {
            var mark = MarkOf(text, index, name.Length + 3);
            if (name == CommandLine.AllParameters && !(isArgument && text.Text == $"${{{name}}}"))
                problems.Add(mark, $"'${{{name}}}' stands for several arguments, so it must be an element of 'command' by itself.");
            else if (name == "checkpoints" && !spec.Checkpoints)
                problems.Add(mark, "'${checkpoints}' needs 'checkpoints: true'.");
            else if (name == "metrics_file" && spec.MetricsFile is null)
                problems.Add(mark, "'${metrics_file}' needs a 'metrics_file'.");
            else if (!parameters.Contains(name) && CommandLine.Given.All(given => given.Name != name))
                problems.Add(mark, $"unknown placeholder '{name}'.{Nearest(name, parameters)}", Hint(name, parameters));
        }
    }

    private static string Nearest(string name, IReadOnlyList<string> parameters) =>
        NearestName.Question(name, parameters.Concat(CommandLine.Given.Select(given => given.Name)));

    private static string Hint(string name, IReadOnlyList<string> parameters) =>
        $"parameters: {(parameters.Count == 0 ? "none" : string.Join(", ", parameters))}; "
        + $"given: {string.Join(", ", CommandLine.Given.Select(given => given.Name))}; the text itself is written $${{{name}}}";

    /// <summary>The place inside a text, where it stands in the file as it is; else the whole.</summary>
    private static SourceMark MarkOf(SourceScalar text, int index, int length)
    {
        var quote = text.Mark.Length == text.Text.Length + 2 ? 1 : 0;
        return quote == 1 || text.Mark.Length == text.Text.Length
            ? text.Mark with { Column = text.Mark.Column + quote + index, Length = length }
            : text.Mark;
    }
}

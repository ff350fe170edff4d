using Experiments.Sweeps;

namespace Experiments.SweepFiles.Reading;

/// <summary>What a parameter can be: a plain value, <c>{ choices: [...] }</c>, <c>{ ordinal: [...] }</c>, or
/// <c>{ type, low, high, log, step, points }</c>.</summary>
internal sealed class DomainReader(Problems problems)
{
    private const int MostPoints = 10_000;
    private const double MostSteps = 1e15; // a double still counts them

    private static readonly string[] _ofRange = ["type", "low", "high", "log", "step", "points"];

    private readonly OptionValues _values = new(problems);
    private readonly Scalars _scalars = new(problems);

    /// <returns>The domain, or null after a report.</returns>
    public Domain? Read(SourceNode node, OptionDescription option, string what)
    {
        if (node is SourceList && option.Kind is not (OptionKind.IntegerList or OptionKind.RealList or OptionKind.TextList))
        {
            problems.Add(node.Mark, $"{what} takes one value; several to choose from are written {{ choices: [...] }}.");
            return null;
        }

        if (node is not SourceMap map)
            return _values.Read(node, option, what) is { } value ? new Domain.Fixed(value) : null;

        var fields = Fields.Closed(map, FileKeys.Domain, what, problems);
        return fields["value"] is { } only ? Fixed(fields, only, option, what)
            : fields["choices"] is { } choices ? Choice(fields, choices, option, what)
            : fields["ordinal"] is { } ordinal ? Ordinal(fields, ordinal, option, what)
            : Range(fields, option, what);
    }

    private Domain.Fixed? Fixed(Fields fields, SourceNode only, OptionDescription option, string what)
    {
        RefuseBeside("value", ["choices", "ordinal", .. _ofRange], fields);
        return _values.Read(only, option, what) is { } value ? new Domain.Fixed(value) : null;
    }

    private Domain.Choice? Choice(Fields fields, SourceNode node, OptionDescription option, string what)
    {
        RefuseBeside("choices", ["ordinal", .. _ofRange], fields);
        return Listed("choices", node, option, what) is { } choices ? new Domain.Choice([.. choices]) : null;
    }

    private Domain.Ordinal? Ordinal(Fields fields, SourceNode node, OptionDescription option, string what)
    {
        RefuseBeside("ordinal", _ofRange, fields);
        return Listed("ordinal", node, option, what) is { } values ? new Domain.Ordinal([.. values]) : null;
    }

    private List<ParameterValue>? Listed(string key, SourceNode node, OptionDescription option, string what)
    {
        if (node is not SourceList { Items.Length: > 0 } list)
        {
            problems.Add(node.Mark, $"'{key}' of {what} must be a list of at least one value, not {node.Shape}.");
            return null;
        }

        var read = new List<ParameterValue>();
        var seen = new HashSet<ParameterValue>();
        foreach (var item in list.Items)
        {
            if (_values.Read(item, option, what) is not { } value)
                continue;
            if (!seen.Add(value))
                problems.Add(item.Mark, $"{what} lists {item.Shape} twice.");
            read.Add(value);
        }

        return read.Count == list.Items.Length ? read : null;
    }

    private void RefuseBeside(string key, IEnumerable<string> others, Fields fields)
    {
        foreach (var other in others.Where(fields.Has))
            problems.Add(fields.MarkOf(other), $"'{other}' does not go with '{key}'.");
    }

    private Domain? Range(Fields fields, OptionDescription option, string what)
    {
        if (option.Kind is not (OptionKind.Integer or OptionKind.Real))
        {
            problems.Add(fields.Mark, $"{what} is not a number, so it takes a value or {{ choices: [...] }}, not a range.");
            return null;
        }

        if (!fields.Has("low") && !fields.Has("high"))
        {
            if (!fields.Others.Any())
                problems.AddMissing(fields.Mark, $"{what} needs a value, {{ choices: [...] }} or {{ low: …, high: … }}.");
            return null;
        }

        if (IsWhole(fields, option, what) is not { } isWhole)
            return null;
        var log = Log(fields, what);
        var points = fields["points"] is { } node ? _scalars.Whole(node, $"'points' of {what}", 2, MostPoints) : null;
        RefuseTogether(fields, "step", "points", what);
        if (log == true)
            RefuseTogether(fields, "step", "log", what);

        var number = option with { Kind = isWhole ? OptionKind.Integer : OptionKind.Real };
        var low = Bound(fields, "low", number, what);
        var high = Bound(fields, "high", number, what);
        var step = Step(fields, number, what);
        if (low is null || high is null || log is null || !InOrder(fields, low.Value, high.Value, log.Value, what))
            return null;

        return isWhole
            ? new Domain.Int((long)low, (long)high, log.Value, (long?)step, points)
            : new Domain.Float(low.Value, high.Value, log.Value, step, points);
    }

    private bool? IsWhole(Fields fields, OptionDescription option, string what)
    {
        var whole = option.Kind == OptionKind.Integer;
        if (fields["type"] is not { } node)
            return whole;

        switch ((node as SourceScalar)?.Text)
        {
            case "int": return true;
            case "float" when !whole: return false;
            case "float":
                problems.Add(node.Mark, $"{what} is a whole number, so its type is int, not float.");
                return null;
            case { } word when ForeignWords.OfType.TryGetValue(word, out var here):
                problems.Add(node.Mark, $"the type '{word}' is written {here} here.");
                return null;
            default:
                problems.Add(node.Mark, $"the type of {what} must be float or int, not {node.Shape}.");
                return null;
        }
    }

    private bool? Log(Fields fields, string what)
    {
        if (fields["log"] is not { } node)
            return false;
        if (node is SourceScalar { Quoted: false, Text: "true" or "false" } flag)
            return flag.Text == "true";
        problems.Add(node.Mark, $"'log' of {what} must be true or false, not {node.Shape}.");
        return null;
    }

    private double? Bound(Fields fields, string key, OptionDescription number, string what)
    {
        if (fields[key] is not { } node)
        {
            if (!fields.Others.Any())
                problems.AddMissing(fields.Mark, $"{what} has no '{key}'; a range is {{ low: …, high: … }}.");
            return null;
        }

        if ((number.Kind == OptionKind.Integer ? Numbers.Exact(node) : Numbers.Real(node)) is not { } bound)
        {
            var kind = number.Kind == OptionKind.Integer ? "a whole number" : "a number";
            problems.Add(node.Mark, $"'{key}' of {what} must be {kind}, not {node.Shape}.");
            return null;
        }

        return _values.IsWithin(node, bound, number, $"'{key}' of {what}") ? bound : null;
    }

    private double? Step(Fields fields, OptionDescription number, string what)
    {
        if (fields["step"] is not { } node)
            return null;
        var isWhole = number.Kind == OptionKind.Integer;
        var step = isWhole ? Numbers.Exact(node) : Numbers.Real(node);
        if (step > 0 && Numbers.Real(fields["high"] ?? node) - Numbers.Real(fields["low"] ?? node) > MostSteps * step)
        {
            problems.Add(node.Mark, $"'step' of {what} is {node.Shape}, too small for so wide a range.");
            return null;
        }

        if (step > 0)
            return step;

        problems.Add(node.Mark, $"'step' of {what} must be a {(isWhole ? "whole " : "")}number above 0, not {node.Shape}.");
        return null;
    }

    private bool InOrder(Fields fields, double low, double high, bool log, string what)
    {
        if (low > high)
            problems.Add(fields["low"]!.Mark, $"'low' of {what} is {Numbers.Show(low)}, above its 'high' of {Numbers.Show(high)}.");
        else if (log && low <= 0)
            problems.Add(fields["low"]!.Mark, $"'low' of {what} is {Numbers.Show(low)}, but with 'log' it must be above 0.");
        else
            return true;
        return false;
    }

    private void RefuseTogether(Fields fields, string one, string other, string what)
    {
        if (fields.Has(one) && fields.Has(other))
            problems.Add(fields.MarkOf(one), $"'{one}' and '{other}' of {what} exclude each other.");
    }
}

using System.Collections.Immutable;
using System.Globalization;
using Experiments.Sweeps;

namespace Experiments.Reports;

/// <summary>Which rows of the results, in which order: <c>--where "rank>4" --sort -dice --top 5</c>.</summary>
public sealed record ResultsQuery
{
    private ImmutableArray<ResultCondition> Conditions { get; init; } = [];

    private string? SortedBy { get; init; }

    private bool Descending { get; init; }

    private int? Top { get; init; }

    /// <summary>Reads what the user asked for.</summary>
    /// <param name="where">Conditions that must all hold, each <c>NAME OP VALUE</c>, several in one text joined by <c>and</c>.</param>
    /// <param name="sort">A field, with <c>-</c> in front for the largest first; null keeps the order of numbers.</param>
    /// <param name="top">How many rows at most; null for all.</param>
    /// <exception cref="SpecException">When a condition cannot be read, or <paramref name="top"/> is below 1.</exception>
    public static ResultsQuery Parse(IEnumerable<string> where, string? sort, int? top)
    {
        if (top < 1)
            throw new SpecException($"--top: {top} rows cannot be shown; give 1 or more.");
        return new ResultsQuery
        {
            Conditions = [.. where.SelectMany(ResultCondition.Parse)],
            SortedBy = sort?.TrimStart('-', '+'),
            Descending = sort?.StartsWith('-') ?? false,
            Top = top,
        };
    }

    /// <summary>The rows asked for. Rows without a value to sort by come last, whichever the direction.</summary>
    /// <exception cref="SpecException">When a field is named that no trial of the sweep has.</exception>
    public ResultsDocument Apply(ResultsDocument results)
    {
        if (results.Rows.IsEmpty)
            return results;

        var known = ResultFields.Names(results.Rows);
        foreach (var condition in Conditions)
            RequireKnown(condition.Field, known, "--where");
        var rows = results.Rows.Where(row => Conditions.All(condition => condition.Holds(row)));

        if (SortedBy is not null)
        {
            RequireKnown(SortedBy, known, "--sort");
            var keyed = rows.Select(row => (Row: row, Key: ResultFields.Of(row, SortedBy))).OrderBy(item => item.Key is null);
            rows = (Descending
                ? keyed.ThenByDescending(item => Rank(item.Key)).ThenByDescending(item => item.Key?.ToString(), StringComparer.Ordinal)
                : keyed.ThenBy(item => Rank(item.Key)).ThenBy(item => item.Key?.ToString(), StringComparer.Ordinal))
                .Select(item => item.Row);
        }

        return results with { Rows = [.. rows.Take(Top ?? int.MaxValue)] };
    }

    /// <summary>Numbers by size; texts are all alike here and ordered by themselves.</summary>
    private static double Rank(ParameterValue? value) => ResultCondition.Number(value) ?? double.PositiveInfinity;

    private static void RequireKnown(string field, IReadOnlySet<string> known, string option)
    {
        if (known.Contains(field))
            return;
        throw new SpecException(
            $"{option}: unknown field '{field}'.{NearestName.Question(field, known)} Fields here: {string.Join(", ", known)}.");
    }
}

/// <summary>One condition on a row.</summary>
internal sealed record ResultCondition(string Field, string Operator, string Value)
{
    // Two letters before one, so that <= is not read as < and a value that begins with =.
    private static readonly string[] Operators = ["<=", ">=", "!=", "==", "<", ">", "="];

    public static IEnumerable<ResultCondition> Parse(string text) =>
        text.Split(" and ", StringSplitOptions.TrimEntries).Select(One);

    private static ResultCondition One(string text)
    {
        var at = text.AsSpan().IndexOfAny("<>=!");
        var found = at > 0 ? Array.Find(Operators, candidate => text.AsSpan(at).StartsWith(candidate, StringComparison.Ordinal)) : null;
        var value = found is null ? "" : text[(at + found.Length)..].Trim();
        if (found is null || value.Length == 0)
        {
            throw new SpecException(
                $"--where: '{text}' is not a condition; write NAME OP VALUE with one of {string.Join(" ", Operators)}, as in rank>4.");
        }

        var condition = new ResultCondition(text[..at].Trim(), found == "==" ? "=" : found, value.Trim('\'', '"'));
        if (condition.Operator is not ("=" or "!=") && Number(condition.Value) is null)
            throw new SpecException($"--where: '{text}' needs a number after {found}, not '{condition.Value}'.");
        return condition;
    }

    /// <summary>Whether the row has a value and it fulfils the condition; a row without the value never does.</summary>
    public bool Holds(ResultRow row)
    {
        var actual = ResultFields.Of(row, Field);
        if (actual is null)
            return false;
        if (Number(actual) is { } left && Number(Value) is { } right)
        {
            return Operator switch
            {
                "<=" => left <= right,
                ">=" => left >= right,
                "<" => left < right,
                ">" => left > right,
                "!=" => left != right,
                _ => left == right,
            };
        }

        var equal = string.Equals(actual.ToString(), Value, StringComparison.OrdinalIgnoreCase);
        return Operator == "=" ? equal : Operator == "!=" && !equal;
    }

    public static double? Number(ParameterValue? value) => value switch
    {
        ParameterValue.Integer integer => integer.Value,
        ParameterValue.Real real => real.Value,
        _ => null,
    };

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
}

using System.Globalization;
using System.Text.Json;
using Adapters.Methods;

namespace Adapters.Tests.Methods;

/// <summary>Computes the formulas by which methods say what they train and cost: <c>rank * (in + out)</c>.</summary>
internal sealed class CountFormula
{
    private static readonly Dictionary<string, Func<double[], double>> Functions = new()
    {
        ["ceil"] = of => Math.Ceiling(of[0]), ["floor"] = of => Math.Floor(of[0]), ["round"] = of => Math.Round(of[0]),
        ["sqrt"] = of => Math.Sqrt(of[0]), ["log2"] = of => Math.Log2(of[0]), ["min"] = of => of.Min(), ["max"] = of => of.Max(),
        ["less"] = of => of[0] < of[1] ? of[2] : of[3],
        ["divisor"] = of => Enumerable.Range(1, (int)of[1]).Last(each => of[0] % each == 0), // the largest up to a limit
    };

    private readonly string _text;
    private readonly IReadOnlyDictionary<string, double> _values;
    private int _at;

    private CountFormula(string text, IReadOnlyDictionary<string, double> values) => (_text, _values) = (text.Replace(" ", ""), values);

    /// <summary>An adapter's options as numbers: flags are 0 or 1; where an option is left to the method, what that chose.</summary>
    public static IReadOnlyDictionary<string, double> ValuesOf(Adapter adapter) =>
        adapter.Config["orchestrator"]!["options"]!.AsObject().Concat(adapter.Config)
            .Where(pair => pair.Value?.GetValueKind() is JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False)
            .DistinctBy(pair => pair.Key)
            .ToDictionary(pair => pair.Key, pair => pair.Value!.GetValueKind() switch
            {
                JsonValueKind.True => 1,
                JsonValueKind.False => 0,
                _ => double.Parse(pair.Value.ToJsonString(), CultureInfo.InvariantCulture),
            });

    public static long Compute(string text, IReadOnlyDictionary<string, double> values) => (long)Evaluate(text, values);

    /// <summary>As <see cref="Compute"/>, with what is left of a number of operations that is no whole one.</summary>
    public static double Evaluate(string text, IReadOnlyDictionary<string, double> values)
    {
        var formula = new CountFormula(text, values);
        var value = formula.Sum();
        return formula._at == formula._text.Length ? value : throw new FormatException($"'{text}' ends before its end.");
    }

    private double Sum()
    {
        var value = Product();
        while (Take('+', '-') is { } sign)
            value += sign == '+' ? Product() : -Product();
        return value;
    }

    private double Product()
    {
        var value = Term();
        while (Take('*', '/') is { } sign)
            value = sign == '*' ? value * Term() : value / Term();
        return value;
    }

    private double Term()
    {
        if (Take('(') is not null)
        {
            var inner = Sum();
            return Take(')') is not null ? inner : throw new FormatException($"'{_text}' lacks a parenthesis.");
        }

        var start = _at;
        while (_at < _text.Length && (char.IsLetterOrDigit(_text[_at]) || _text[_at] is '_' or '.'))
            _at++;
        var word = _text[start.._at];
        if (double.TryParse(word, CultureInfo.InvariantCulture, out var number))
            return number;
        if (Take('(') is null)
            return _values.TryGetValue(word, out var value) ? value
                : throw new FormatException($"'{_text}' names '{word}', which is unknown.");
        var arguments = new List<double> { Sum() };
        while (Take(',') is not null)
            arguments.Add(Sum());
        return Take(')') is not null ? Functions[word]([.. arguments]) : throw new FormatException($"'{_text}' lacks a parenthesis.");
    }

    private char? Take(params ReadOnlySpan<char> signs) => _at < _text.Length && signs.Contains(_text[_at]) ? _text[_at++] : null;
}

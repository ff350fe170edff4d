using System.Globalization;
using System.Text.RegularExpressions;

namespace Experiments.Sweeps;

/// <summary>Reads constraints by recursive descent, a method a level of binding, the loosest first.</summary>
internal sealed partial class ConstraintParser
{
    /// <summary>Deeper ones would only be meant to break something.</summary>
    private const int DeepestNesting = 100;

    private const int MostPieces = 1_000;

    private const string Example = "a constraint is written like 'rank * experts <= 64'.";

    private static readonly string[] _comparisons = ["==", "!=", "<", "<=", ">", ">="];

    /// <summary>What other languages write.</summary>
    private static readonly Dictionary<string, string> _foreign = new(StringComparer.Ordinal)
    {
        ["="] = "==", ["&&"] = "and", ["&"] = "and", ["||"] = "or", ["|"] = "or", ["!"] = "not", ["<>"] = "!=", ["AND"] = "and",
        ["OR"] = "or", ["NOT"] = "not", ["True"] = "true", ["False"] = "false",
    };

    private readonly string _text;
    private readonly List<Piece> _pieces = [];
    private int _next;
    private int _depth;

    public ConstraintParser(string text)
    {
        _text = text;
        for (var at = 0; at < text.Length;)
        {
            var match = Form().Match(text, at);
            var piece = new Piece(text, at, match.Length);
            if (!match.Success)
            {
                throw new ConstraintException(text[at] is '\'' or '"'
                    ? "the text that begins here has no closing quote."
                    : $"'{text[at]}' means nothing in a constraint; {Example}", at, 1);
            }

            if (_foreign.TryGetValue(piece.ToString(), out var here))
                throw piece.Refused($"'{piece}' is written '{here}' in a constraint.");
            if (!char.IsWhiteSpace(text[at]))
                _pieces.Add(piece);
            if (_pieces.Count > MostPieces)
                throw piece.Refused($"the constraint has more than {MostPieces} words and signs.");
            at += match.Length;
        }
    }

    private string Ahead => _next < _pieces.Count ? _pieces[_next].ToString() : "";

    /// <exception cref="ConstraintException">When the text is no constraint.</exception>
    public Expression Read()
    {
        if (_pieces.Count == 0)
            throw new ConstraintException($"the constraint is empty; {Example}", 0, 1);

        var rule = Either();
        if (_next == _pieces.Count)
            return rule;
        throw _pieces[_next].Refused(Ahead == ")" ? "this ')' closes nothing."
            : $"'{Ahead}' does not follow from '{rule.At}'; an operator was expected, such as '<=' or 'and'.");
    }

    private Expression Either() => Chain(["or"], Both);

    private Expression Both() => Chain(["and"], Negation);

    private Expression Negation()
    {
        if (Ahead != "not")
            return Comparison();
        var sign = _pieces[_next++];
        var of = Deeper(Negation);
        return new Unary(sign.To(of.At), "not", of);
    }

    private Expression Comparison()
    {
        var left = Sum();
        if (!_comparisons.Contains(Ahead))
            return left;

        var comparison = new Binary(left, Take().ToString(), Sum());
        return _comparisons.Contains(Ahead)
            ? throw _pieces[_next].Refused("comparisons do not chain; write 'a < b and b < c' for 'a < b < c'.")
            : comparison;
    }

    private Expression Sum() => Chain(["+", "-"], Product);

    private Expression Product() => Chain(["*", "/"], Minus);

    private Expression Minus()
    {
        if (Ahead != "-")
            return Single();
        var sign = _pieces[_next++];
        var of = Deeper(Minus);
        return new Unary(sign.To(of.At), "-", of);
    }

    private Expression Single()
    {
        var piece = Take();
        var word = piece.ToString();
        if (word == "(")
        {
            var inner = Deeper(Either);
            if (Ahead != ")")
                throw piece.Refused("this '(' is never closed.");
            return inner with { At = piece.To(_pieces[_next++]) };
        }

        return word switch
        {
            "true" or "false" => new Literal(piece, new Operand(word == "true")),
            _ when char.IsDigit(word[0]) || word[0] == '.' => new Literal(piece, new Operand(OperandKind.Number,
                double.Parse(word, CultureInfo.InvariantCulture))),
            _ when word[0] is '\'' or '"' => new Literal(piece, new Operand(OperandKind.Text, 0, word[1..^1])),
            "and" or "or" or "not" => throw piece.Refused($"'{word}' stands where a value was expected."),
            _ when char.IsLetter(word[0]) || word[0] == '_' => new ParameterName(piece),
            _ => throw piece.Refused($"'{word}' stands where a value was expected."),
        };
    }

    private Expression Chain(string[] signs, Func<Expression> operand)
    {
        var chain = operand();
        while (signs.Contains(Ahead))
            chain = new Binary(chain, Take().ToString(), operand());
        return chain;
    }

    private Expression Deeper(Func<Expression> inner)
    {
        if (++_depth > DeepestNesting)
            throw _pieces[_next - 1].Refused($"this is nested more than {DeepestNesting} levels deep; no constraint needs that.");
        var read = inner();
        _depth--;
        return read;
    }

    private Piece Take() => _next < _pieces.Count
        ? _pieces[_next++]
        : throw new ConstraintException($"the constraint ends after '{_pieces[^1]}', where a value was expected.", _text.Length, 1);

    [GeneratedRegex(
        """\G(\s+|[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?|[A-Za-z_][A-Za-z0-9_]*|'[^']*'|"[^"]*"|[=!<>]=|<>|&&|\|\||[-+*/()<>=!&|])""")]
    private static partial Regex Form();
}

using System.Diagnostics;

namespace Experiments.Sweeps;

/// <summary>A stretch of a constraint's text.</summary>
internal readonly record struct Piece(string Source, int Start, int Length)
{
    public Piece To(Piece last) => this with { Length = last.Start + last.Length - Start };

    public ConstraintException Refused(string message) => new(message, Start, Math.Max(1, Length));

    public override string ToString() => Source.Substring(Start, Length);
}

internal enum OperandKind
{
    Number,
    Text,
    Flag,
    List,
}

/// <summary>A value while a constraint is computed. Equal operands are of one kind.</summary>
internal readonly record struct Operand(OperandKind Kind, double Number, string? Text = null)
{
    public Operand(bool flag) : this(OperandKind.Flag, flag ? 1 : 0)
    {
    }

    public bool IsTrue => Number != 0;

    public static Operand Of(ParameterValue value) => value switch
    {
        ParameterValue.Integer whole => new(OperandKind.Number, whole.Value),
        ParameterValue.Real real => new(OperandKind.Number, real.Value),
        ParameterValue.Flag flag => new(flag.Value),
        ParameterValue.Text text => new(OperandKind.Text, 0, text.Value),
        _ => new(OperandKind.List, 0, value.ToString()),
    };
}

/// <summary>A part of a constraint: computes itself and knows what it computes.</summary>
internal abstract record Expression(Piece At)
{
    /// <summary>The parameters named in it.</summary>
    public virtual IEnumerable<string> Names => [];

    /// <summary>Its value among those of the parameters, all of which are there.</summary>
    public abstract Operand In(IReadOnlyDictionary<string, ParameterValue> values);

    /// <summary>What it computes.</summary>
    /// <exception cref="ConstraintException">When some part of it makes no sense with these parameters.</exception>
    public abstract OperandKind KindAmong(IReadOnlyDictionary<string, OptionDescription> parameters);

    protected static void Demand(OperandKind kind, Expression of, string sign, IReadOnlyDictionary<string, OptionDescription> parameters)
    {
        if (of.KindAmong(parameters) is var found && found != kind)
            throw of.At.Refused($"'{sign}' takes {kind.Named()}, but '{of.At}' is {found.Named()}.");
    }
}

internal sealed record Literal(Piece At, Operand Value) : Expression(At)
{
    public override Operand In(IReadOnlyDictionary<string, ParameterValue> values) => Value;

    public override OperandKind KindAmong(IReadOnlyDictionary<string, OptionDescription> parameters) => Value.Kind;
}

internal sealed record ParameterName(Piece At) : Expression(At)
{
    private readonly string _name = At.ToString();

    public override IEnumerable<string> Names => [_name];

    public override Operand In(IReadOnlyDictionary<string, ParameterValue> values) => Operand.Of(values[_name]);

    public override OperandKind KindAmong(IReadOnlyDictionary<string, OptionDescription> parameters)
    {
        if (!parameters.TryGetValue(_name, out var option))
        {
            throw At.Refused($"the constraint names '{_name}', which is not a parameter here."
                + NearestName.Question(_name, parameters.Keys));
        }

        return option.Kind switch
        {
            OptionKind.Integer or OptionKind.Real => OperandKind.Number,
            OptionKind.Flag => OperandKind.Flag,
            OptionKind.Text => OperandKind.Text,
            _ => throw At.Refused($"'{_name}' is a list, which a constraint cannot compute with."),
        };
    }

    /// <summary>Whether it can be equal to something at all.</summary>
    /// <exception cref="ConstraintException">When it is a text that is one of a few, and this is none of them.</exception>
    public void DemandChoice(Expression other, IReadOnlyDictionary<string, OptionDescription> parameters)
    {
        var choices = parameters[_name].Choices;
        if (other is Literal { Value.Text: { } text } && choices.Count > 0 && !choices.Contains(text))
            throw other.At.Refused($"'{_name}' is never '{text}'.{NearestName.Question(text, choices)}");
    }
}

/// <summary><c>not</c>, or a minus.</summary>
internal sealed record Unary(Piece At, string Sign, Expression Of) : Expression(At)
{
    public override IEnumerable<string> Names => Of.Names;

    public override Operand In(IReadOnlyDictionary<string, ParameterValue> values)
    {
        var operand = Of.In(values);
        return Sign == "not" ? new(!operand.IsTrue) : operand with { Number = -operand.Number };
    }

    public override OperandKind KindAmong(IReadOnlyDictionary<string, OptionDescription> parameters)
    {
        var kind = Sign == "not" ? OperandKind.Flag : OperandKind.Number;
        Demand(kind, Of, Sign, parameters);
        return kind;
    }
}

internal sealed record Binary(Expression Left, string Sign, Expression Right) : Expression(Left.At.To(Right.At))
{
    public override IEnumerable<string> Names => Left.Names.Concat(Right.Names);

    public override Operand In(IReadOnlyDictionary<string, ParameterValue> values)
    {
        var (left, right) = (Left.In(values), Right.In(values));
        return Sign switch
        {
            "+" => new(OperandKind.Number, left.Number + right.Number),
            "-" => new(OperandKind.Number, left.Number - right.Number),
            "*" => new(OperandKind.Number, left.Number * right.Number),
            "/" => new(OperandKind.Number, left.Number / right.Number),
            "<" => new(left.Number < right.Number),
            "<=" => new(left.Number <= right.Number),
            ">" => new(left.Number > right.Number),
            ">=" => new(left.Number >= right.Number),
            "==" => new(left == right),
            "!=" => new(left != right),
            "and" => new(left.IsTrue && right.IsTrue),
            "or" => new(left.IsTrue || right.IsTrue),
            _ => throw new UnreachableException(Sign),
        };
    }

    public override OperandKind KindAmong(IReadOnlyDictionary<string, OptionDescription> parameters)
    {
        if (Sign is "==" or "!=")
        {
            var (left, right) = (Left.KindAmong(parameters), Right.KindAmong(parameters));
            if (left != right)
                throw At.Refused($"'{Left.At}' is {left.Named()} and '{Right.At}' is {right.Named()}, so they are never equal.");
            (Left as ParameterName)?.DemandChoice(Right, parameters);
            (Right as ParameterName)?.DemandChoice(Left, parameters);
            return OperandKind.Flag;
        }

        var operands = Sign is "and" or "or" ? OperandKind.Flag : OperandKind.Number;
        Demand(operands, Left, Sign, parameters);
        Demand(operands, Right, Sign, parameters);
        return Sign is "+" or "-" or "*" or "/" ? OperandKind.Number : OperandKind.Flag;
    }
}

internal static class OperandKinds
{
    extension(OperandKind kind)
    {
        /// <summary>What messages call a value of the kind.</summary>
        public string Named() => kind switch
        {
            OperandKind.Number => "a number",
            OperandKind.Text => "a text",
            OperandKind.Flag => "true or false",
            _ => "a list",
        };
    }
}

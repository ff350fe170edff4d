using System.Collections.Immutable;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Experiments.SweepFiles.Reading;

/// <summary>Turns YAML text into nodes with places, and <c>${env:NAME}</c> into what the environment holds.</summary>
internal sealed partial class YamlSource
{
    /// <summary>A sweep file nests six deep; a text that nests deeper is not one, and must not exhaust the stack.</summary>
    private const int DeepestNesting = 32;

    private readonly SourceText _text;
    private readonly Problems _problems;
    private readonly Func<string, string?> _environment;
    private readonly Parser _parser;
    private readonly Dictionary<string, SourceNode> _anchors = new(StringComparer.Ordinal);
    private SourceMark _last;

    private YamlSource(SourceText text, Problems problems, Func<string, string?> environment)
    {
        (_text, _problems, _environment) = (text, problems, environment);
        _parser = new Parser(new StringReader(text.Text));
        _last = text.Start;
    }

    /// <summary>The only document of the text, or null where there is none or its syntax is wrong: then only the first
    /// mistake is known, because what follows cannot be understood.</summary>
    public static SourceNode? Read(SourceText text, Problems problems, Func<string, string?> environment)
    {
        try
        {
            return new YamlSource(text, problems, environment).Document();
        }
        catch (SyntaxError error)
        {
            problems.Add(error.Mark, error.Message);
            return null;
        }
    }

    private SourceNode? Document()
    {
        Next<StreamStart>();
        if (Next() is not DocumentStart)
            return null;

        var root = Node(Next(), depth: 0);
        Next<DocumentEnd>();
        if (Next() is DocumentStart second)
            throw new SyntaxError(MarkOf(second), "a sweep file holds one document, but a second one begins here.");
        return root;
    }

    private SourceNode Node(ParsingEvent first, int depth)
    {
        var mark = MarkOf(first);
        if (depth > DeepestNesting)
            throw new SyntaxError(mark, $"this is nested more than {DeepestNesting} levels deep; no sweep file needs that.");
        if (first is AnchorAlias alias)
        {
            return _anchors.GetValueOrDefault(alias.Value.Value)
                ?? throw new SyntaxError(mark, $"no anchor '&{alias.Value.Value}' before this.");
        }

        if (first is NodeEvent { Tag: { IsEmpty: false, IsNonSpecific: false } tag })
        {
            var written = tag.Value.Replace("tag:yaml.org,2002:", "!!", StringComparison.Ordinal);
            throw new SyntaxError(mark, $"the tag '{written}' is not supported: the type of a value follows from its key.");
        }

        SourceNode node = first switch
        {
            Scalar scalar => Value(scalar, mark),
            SequenceStart => new SourceList(mark, Items(depth)),
            MappingStart => new SourceMap(mark, Entries(depth)),
            _ => throw new SyntaxError(mark, "a value was expected here."),
        };
        if (first is NodeEvent { Anchor.IsEmpty: false } anchored)
            _anchors[anchored.Anchor.Value] = node;
        return node;
    }

    private ImmutableArray<SourceNode> Items(int depth)
    {
        var items = ImmutableArray.CreateBuilder<SourceNode>();
        for (var next = Next(); next is not SequenceEnd; next = Next())
            items.Add(Node(next, depth + 1));
        return items.ToImmutable();
    }

    private ImmutableArray<SourceEntry> Entries(int depth)
    {
        var entries = ImmutableArray.CreateBuilder<SourceEntry>();
        for (var next = Next(); next is not MappingEnd; next = Next())
        {
            if (next is not Scalar key)
                throw new SyntaxError(MarkOf(next), "a key must be a plain word.");
            entries.Add(new SourceEntry(new SourceScalar(MarkOf(key), key.Value, Quoted: false), Node(Next(), depth + 1)));
        }

        return entries.ToImmutable();
    }

    private SourceScalar Value(Scalar scalar, SourceMark mark)
    {
        var fromEnvironment = false;
        var value = EnvironmentReference().Replace(scalar.Value, reference =>
        {
            fromEnvironment = true;
            var name = reference.Groups["name"].Value;
            if (_environment(name) is { } found)
                return found;
            _problems.Add(mark, $"the environment variable '{name}' is not set.");
            return reference.Value;
        });
        return new SourceScalar(mark, value, scalar.Style != ScalarStyle.Plain && !fromEnvironment);
    }

    private void Next<T>() where T : ParsingEvent
    {
        if (Next() is not T)
            throw new SyntaxError(_last, "this is not YAML.");
    }

    private ParsingEvent Next()
    {
        try
        {
            if (!_parser.MoveNext())
                throw new SyntaxError(_last, "the file ends in the middle.");
        }
        catch (YamlException error)
        {
            throw YamlComplaint.Of(error, _text, _last);
        }
        catch (InvalidOperationException)
        {
            // The parser's own slip on a flow collection that is never closed.
            throw new SyntaxError(_last, "a '[' or '{' before this is not closed.");
        }

        _last = MarkOf(_parser.Current!);
        return _parser.Current!;
    }

    private SourceMark MarkOf(ParsingEvent at)
    {
        var length = at is Scalar && at.End.Line == at.Start.Line ? at.End.Column - at.Start.Column : 1;
        return new SourceMark(_text, (int)at.Start.Line, (int)at.Start.Column, (int)Math.Max(1, length));
    }

    [GeneratedRegex(@"\$\{env:(?<name>[^}]*)\}")]
    private static partial Regex EnvironmentReference();
}
